// Addresses and the browser's history. Plain links within the client change the page without loading it again.
import { createStore } from '../library/store.js'

/** @typedef {{ path: string, search: string, key: string }} Address `key` identifies the entry of the history. */

/** Whether the client has a page at a path; `start` sets it. */
let isOwn = (/** @type {string} */ _path) => false

/** The current address. */
export const address = createStore(current())

/** Scroll positions by the key of the history entry. */
const positions = new Map()

/** @param {(path: string) => boolean} hasPage */
export function startRouter(hasPage) {
  isOwn = hasPage
  history.scrollRestoration = 'manual'
  history.replaceState({ key: address.get().key }, '')
  addEventListener('popstate', () => {
    // Without a key it is a link within the page, such as “Skip to content”.
    if (history.state?.key) address.set(current())
    else history.replaceState({ key: address.get().key }, '')
  })
  addEventListener('scroll', rememberPosition, { passive: true })
  document.addEventListener('click', onClick)
}

/**
 * @param {string} target a path with an optional query
 * @param {{ replace?: boolean }} [options]
 */
export function navigate(target, { replace = false } = {}) {
  const state = { key: newKey() }
  if (replace) history.replaceState(state, '', target)
  else history.pushState(state, '', target)
  address.set(current())
}

/** Where the page of an address was scrolled to when the person left it; 0 for a new page. */
export const scrollPosition = (/** @type {string} */ key) => positions.get(key) ?? 0

function rememberPosition() {
  // Between a change of the address and the render of its page, the scroll position belongs to neither.
  if (history.state?.key === address.get().key) positions.set(address.get().key, scrollY)
}

/** @returns {Address} */
function current() {
  return { path: location.pathname, search: location.search, key: history.state?.key ?? newKey() }
}

/** Also outside secure contexts, where `crypto.randomUUID` is missing. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

/** @param {MouseEvent} event */
function onClick(event) {
  const link = event.target instanceof Element && event.target.closest('a')
  if (!link || event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  if (link.target || link.origin !== location.origin || link.hash || !isOwn(link.pathname)) return
  event.preventDefault()
  navigate(link.pathname + link.search)
}
