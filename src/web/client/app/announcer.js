// Messages that appear for a moment, and messages for screen readers alone.
import { html } from '../library/html.js'
import { createStore, useStore } from '../library/store.js'

const shownMs = 5_000

const toast = createStore('')
const spoken = createStore('')
/** @type {ReturnType<typeof setTimeout> | undefined} */
let hiding

/**
 * Shows a message for a few seconds.
 *
 * @param {string} text
 */
export function notify(text) {
  clearTimeout(hiding)
  toast.set(text)
  hiding = setTimeout(() => toast.set(''), shownMs)
}

/**
 * Tells screen readers, politely.
 *
 * @param {string} text
 */
export const announce = (text) => spoken.set(text)

export function Announcer() {
  const text = useStore(toast)
  return html`
    <div class="toast" role="status">${text && html`<p>${text}</p>`}</div>
    <div class="hidden" role="status">${useStore(spoken)}</div>`
}
