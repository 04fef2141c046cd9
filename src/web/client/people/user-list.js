// A list of people.
import { LoadMore } from '../feed/lists.js'
import { html } from '../library/html.js'
import { Avatar } from './avatar.js'

/** @import { ComponentChildren } from 'preact' */
/** @import { User } from '../api/types.ts' */
/** @import { List } from '../feed/lists.js' */

/** @param {{ list: List<User>, label: string, empty: ComponentChildren }} props */
export function UserList({ list, label, empty }) {
  const { items, next, isLoading, problem } = list
  if (items.length === 0) {
    if (isLoading) return html`<p class="loading" role="status">Loading…</p>`
    return problem || next ? html`<${LoadMore} list=${list} />` : html`<div class="empty">${empty}</div>`
  }
  return html`
    <ul class="people" aria-label=${label}>
      ${items.map((user) => html`<li key=${user.username}><${Person} user=${user} /></li>`)}
    </ul>
    <${LoadMore} list=${list} />`
}

/** @param {{ user: User }} props */
function Person({ user: { username, displayName, bio } }) {
  return html`<${Avatar} username=${username} />
    <div>
      ${displayName && html`<span class="name" dir="auto">${displayName}</span>`}
      <a href=${`/@${username}`}>@${username}</a>
      ${bio && html`<p dir="auto">${bio}</p>`}
    </div>`
}
