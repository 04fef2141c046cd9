// The list of posts.
import { html } from '../library/html.js'
import { LoadMore } from './lists.js'
import { PendingArticle, PostArticle } from './post.js'

/** @import { ComponentChildren } from 'preact' */
/** @import { Post } from '../api/types.ts' */
/** @import { List } from './lists.js' */
/** @import { PendingPost } from './outbox.js' */

/**
 * @param {{ list: List<Post>, label: string, empty: ComponentChildren, pending?: PendingPost[] }} props
 *   `empty` is shown if there is no post; it says what to do next
 */
export function Feed({ list, label, empty, pending = [] }) {
  const { items, next, isLoading, problem } = list
  if (items.length + pending.length === 0) {
    if (isLoading) return html`<${Skeleton} />`
    return problem || next ? html`<${LoadMore} list=${list} />` : html`<div class="empty">${empty}</div>`
  }
  return html`
    <div class="feed" role="feed" aria-label=${label} aria-busy=${isLoading} onKeyDown=${moveBetweenArticles}>
      ${pending.map((post) => html`<${PendingArticle} key=${post.key} post=${post} />`)}
      ${items.map((post, i) => html`<${PostArticle} key=${post.id} post=${post} position=${pending.length + i + 1} />`)}
    </div>
    <${LoadMore} list=${list} />`
}

/** Room for the posts to come, so that nothing below them moves. */
function Skeleton() {
  return html`<div class="skeleton" role="status"><span class="hidden">Loading…</span>
    ${[3, 1, 2, 2, 1, 3].map((lines, i) => html`<div class=${`post lines-${lines}`} key=${i} aria-hidden="true"><i></i><div><b></b><b></b></div></div>`)}
  </div>`
}

/**
 * Page Down and Page Up move between the articles (WAI-ARIA, feed pattern).
 *
 * @param {KeyboardEvent} event
 */
function moveBetweenArticles(event) {
  const step = { PageDown: 1, PageUp: -1 }[event.key]
  const article = event.target instanceof Element && event.target.closest('article')
  if (!step || !article) return
  const next = step > 0 ? article.nextElementSibling : article.previousElementSibling
  if (!(next instanceof HTMLElement)) return
  event.preventDefault()
  next.focus()
}
