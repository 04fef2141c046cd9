// Who somebody is: name, bio and counts.
import { formatDay } from '../app/clock.js'
import { html } from '../library/html.js'
import { Avatar } from './avatar.js'
import { FollowButton } from './follow-button.js'

/** @import { User } from '../api/types.ts' */

const formatCount = new Intl.NumberFormat().format

/**
 * @param {{ user: User, viewer: string | undefined, onFollow(difference: 1 | -1): void }} props
 *   `viewer` is the username of the person who is logged in
 */
export function ProfileHeader({ user, viewer, onFollow }) {
  const { username, displayName, bio, createdAt } = user
  const isSelf = viewer?.toLowerCase() === username.toLowerCase()
  return html`<header class="profile">
    <${Avatar} username=${username} large />
    <div class="actions">
      ${isSelf && html`<a class="button quiet" href="/settings">Edit profile</a>`}
      ${
        viewer &&
        !isSelf &&
        html`
        <a class="button quiet" href=${`/?mention=${encodeURIComponent(username)}`}>Mention</a>
        <${FollowButton} viewer=${viewer} username=${username} onChange=${onFollow} />`
      }
    </div>
    <h1 dir="auto">${displayName ?? `@${username}`}</h1>
    <p class="handle">${displayName && html`<span>@${username}</span> · `}joined ${formatDay(createdAt)}</p>
    ${bio && html`<p class="bio" dir="auto">${bio}</p>`}
  </header>`
}

/** @param {{ user: User, current: string }} props `current` is the last part of the address, empty for the posts */
export function ProfileTabs({ user: { username, counts }, current }) {
  /** @type {[part: string, label: string, count?: number][]} */
  const tabs = [
    ['', 'Posts', counts.posts],
    ['mentions', 'Mentions'],
    ['following', 'Following', counts.following],
    ['followers', counts.followers === 1 ? 'Follower' : 'Followers', counts.followers],
  ]
  return html`<nav class="tabs" aria-label="Profile">
    ${tabs.map(
      ([part, label, count]) => html`<a key=${part} href=${part ? `/@${username}/${part}` : `/@${username}`}
      aria-current=${part === current ? 'page' : undefined}>${count !== undefined && html`<b>${formatCount(count)}</b> `}${label}</a>`,
    )}
  </nav>`
}
