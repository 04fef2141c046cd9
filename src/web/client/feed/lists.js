// Lists of the API, page by page. The browser's Back shows a list as it was left.

import { toProblem } from '../api/problem.js'
import { nextPage, request } from '../api/request.js'
import { address } from '../app/router.js'
import { FormAlert } from '../forms/fields.js'
import { html, useCallback, useEffect, useState } from '../library/html.js'
import { withChanges } from './changes.js'

/** @import { Post } from '../api/types.ts' */
/** @import { Problem } from '../api/problem.js' */

/**
 * @template T
 * @typedef {{ items: T[], next: string | null, isLoading: boolean, problem: Problem | null }} Page
 *   `next` is the path of the next page
 */

/**
 * @template T
 * @typedef {Page<T> & { loadMore(): void, reload(): void, update(change: (items: T[]) => T[]): void }} List
 */

/** By the entry of the history and the list's path, the oldest first. */
const remembered = new Map()
const mostRemembered = 30
const mostEmptyPages = 30

/**
 * @template T
 * @param {string} path
 * @returns {List<T>}
 */
export function useList(path) {
  const key = `${address.get().key} ${path}`
  const [page, setPage] = useState(() => /** @type {Page<T>} */ (recall(key) ?? empty(path)))
  const change = useCallback((/** @type {(page: Page<T>) => Page<T>} */ next) => {
    setPage((before) => remember(key, next(before)))
  }, [])

  const load = useCallback(async (/** @type {string} */ from, /** @type {boolean} */ isFirst) => {
    change((before) => ({ ...before, isLoading: true, problem: null }))
    try {
      const { body, headers } = await requestItems(from)
      change(({ items }) => {
        const known = new Set(isFirst ? [] : items.map(idOf))
        const more = body.filter((/** @type {T} */ item) => !known.has(idOf(item)))
        return {
          items: isFirst ? body : [...items, ...more],
          next: nextPage(headers),
          isLoading: false,
          problem: null,
        }
      })
    } catch (error) {
      change((before) => ({ ...before, isLoading: false, problem: toProblem(error) }))
    }
  }, [])

  useEffect(() => {
    if (page.isLoading) void load(path, true)
  }, [])

  return {
    ...page,
    loadMore: () => void load(page.next ?? path, page.items.length === 0),
    reload: () => void load(path, true),
    update: (edit) => change((before) => ({ ...before, items: edit(before.items) })),
  }
}

/**
 * A search may send empty pages before it finds something. They are followed, but not without end: a client has a rate limit.
 *
 * @param {string} from
 */
async function requestItems(from) {
  let response = await request('GET', from)
  for (let emptyPages = 1; emptyPages < mostEmptyPages; emptyPages++) {
    const next = nextPage(response.headers)
    if (!next || response.body.length > 0) break
    response = await request('GET', next)
  }
  return response
}

/**
 * A button for the next page, and the reason if loading failed.
 *
 * @param {{ list: List<any> }} props
 */
export function LoadMore({ list: { next, items, isLoading, problem, loadMore } }) {
  if (problem) {
    return html`<div class="more">
      <${FormAlert} problem=${problem} />
      <button type="button" class="quiet" onClick=${loadMore}>Try again</button>
    </div>`
  }
  if (!next) return null
  const isBusy = isLoading && items.length > 0
  return html`<div class="more">
    <button type="button" class="quiet" aria-disabled=${isBusy} onClick=${isBusy ? undefined : loadMore}>
      ${isBusy ? 'Loading…' : 'Load more'}
    </button>
  </div>`
}

/**
 * Adds posts to a list, newest first, each once.
 *
 * @param {Post[]} items
 * @param {Post[]} more
 */
export function mergePosts(items, more) {
  const byId = new Map([...items, ...more].map((post) => [post.id, post]))
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1))
}

/** @param {any} item a post has an id, a user has a username */
const idOf = (item) => item.id ?? item.username

/** @param {string} path */
const empty = (path) => ({ items: [], next: path, isLoading: true, problem: null })

/** @param {string} key */
function recall(key) {
  const page = remembered.get(key)
  return page && { ...page, items: withChanges(page.items) }
}

/**
 * @template T
 * @param {string} key
 * @param {Page<T>} page
 */
function remember(key, page) {
  remembered.delete(key)
  remembered.set(key, page)
  const [oldest] = remembered.keys()
  if (remembered.size > mostRemembered) remembered.delete(oldest)
  return page
}
