// One post as an article.
import { RelativeTime } from '../app/clock.js'
import { navigate } from '../app/router.js'
import { html, useId } from '../library/html.js'
import { Avatar } from '../people/avatar.js'
import { PostText } from './post-text.js'

/** @import { ComponentChildren } from 'preact' */
/** @import { Post } from '../api/types.ts' */

/** @param {{ post: Post, position?: number, children?: ComponentChildren }} props `position` in a feed, from 1 */
export function PostArticle({ post, position, children }) {
  const id = useId()
  const path = `/@${post.user}/${post.id}`
  const inFeed = position !== undefined
  return html`<article class="post" aria-labelledby=${`${id}-author ${id}-time`}
      tabindex=${inFeed ? 0 : undefined} aria-posinset=${position} aria-setsize=${inFeed ? -1 : undefined}
      onKeyDown=${inFeed && ((/** @type {KeyboardEvent} */ event) => openOnEnter(event, path))}
      onClick=${inFeed && ((/** @type {MouseEvent} */ event) => openOnClick(event, path))}>
    <${Avatar} username=${post.user} />
    <div>
      <header>
        <a class="author" id=${`${id}-author`} href=${`/@${post.user}`}>@${post.user}</a>
        ${post.referenced && html`<span class="to">to <a href=${`/@${post.referenced}`}>@${post.referenced}</a></span>`}
        <a class="when" id=${`${id}-time`} href=${path}><${RelativeTime} time=${post.timestamp} /></a>
        ${post.editedAt && html`<span class="edited">edited</span>`}
      </header>
      <${PostText} text=${post.text} />
      ${children}
    </div>
  </article>`
}

/** @param {{ post: import('./outbox.js').PendingPost }} props */
export function PendingArticle({ post }) {
  const id = useId()
  return html`<article class="post pending" aria-labelledby=${`${id}-author ${id}-time`} aria-busy="true">
    <${Avatar} username=${post.user} />
    <div>
      <header>
        <span class="author" id=${`${id}-author`}>@${post.user}</span>
        ${post.referenced && html`<span class="to">to @${post.referenced}</span>`}
        <span class="when" id=${`${id}-time`}><time datetime=${post.timestamp}>sending…</time></span>
      </header>
      <${PostText} text=${post.text} />
    </div>
  </article>`
}

/**
 * @param {KeyboardEvent} event
 * @param {string} path
 */
function openOnEnter(event, path) {
  if (event.key === 'Enter' && event.target === event.currentTarget) navigate(path)
}

/**
 * A click beside links opens the post, unless it ends a selection of text.
 *
 * @param {MouseEvent} event
 * @param {string} path
 */
function openOnClick({ target }, path) {
  if (!(target instanceof Element) || target.closest('a, button') || String(getSelection()) !== '') return
  navigate(path)
}
