// `/@alice` and its lists.
import { toProblem } from '../api/problem.js'
import { request, userPath } from '../api/request.js'
import { session } from '../api/session.js'
import { useTitle } from '../app/title.js'
import { Feed } from '../feed/feed.js'
import { useList } from '../feed/lists.js'
import { html, useEffect, useState } from '../library/html.js'
import { ProfileHeader, ProfileTabs } from '../people/profile-header.js'
import { UserList } from '../people/user-list.js'
import { NotFound } from './not-found.js'

/** @import { User } from '../api/types.ts' */
/** @import { Problem } from '../api/problem.js' */

/** Profiles that were shown before appear at once. @type {Map<string, User>} */
const seen = new Map()

/** @param {{ params: { username: string, tab?: string } }} props */
export function Profile({ params: { username, tab = '' } }) {
  const [user, setUser] = useState(() => seen.get(username.toLowerCase()))
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null))
  useTitle(user?.displayName ? `${user.displayName} (@${user.username})` : `@${username}`)

  /** @param {User} next */
  function show(next) {
    seen.set(username.toLowerCase(), next)
    setUser(next)
  }

  useEffect(() => {
    request('GET', userPath(username)).then(
      ({ body }) => show(body),
      (error) => setProblem(toProblem(error)),
    )
  }, [])

  if (problem?.status === 404) return html`<${NotFound} what=${`There is nobody called @${username}.`} />`
  if (problem)
    return html`<h1 class="page-title">@${username}</h1><p class="alert" role="alert">${problem.message}</p>`
  // Header and list appear together, so that nothing moves.
  if (!user)
    return html`<h1 class="page-title">@${username}</h1><p class="loading" role="status">Loading…</p>`

  const { counts } = user
  const follow = (/** @type {1 | -1} */ difference) =>
    show({ ...user, counts: { ...counts, followers: counts.followers + difference } })
  return html`
    <${ProfileHeader} user=${user} viewer=${session.get()?.username} onFollow=${follow} />
    <${ProfileTabs} user=${user} current=${tab} />
    ${
      tab === 'following' || tab === 'followers'
        ? html`<${People} key=${tab} user=${user} tab=${tab} />`
        : html`<${Posts} key=${tab} user=${user} tab=${tab} />`
    }`
}

/** @param {{ user: User, tab: string }} props */
function Posts({ user: { username }, tab }) {
  const isMentions = tab === 'mentions'
  const list = useList(`${userPath(username)}/${isMentions ? 'references' : 'collection'}`)
  const isSelf = session.get()?.username === username
  const empty = isMentions
    ? html`<h2>No mentions yet</h2><p>Posts that mention @${username} appear here.</p>`
    : isSelf
      ? html`<h2>You have not posted yet</h2><p>What is on your mind?</p><a class="button" href="/">Write a post</a>`
      : html`<h2>No posts yet</h2><p>Follow @${username} to see the first one in your timeline.</p>`
  return html`<${Feed} list=${list} label=${isMentions ? `Mentions of @${username}` : `Posts of @${username}`} empty=${empty} />`
}

/** @param {{ user: User, tab: string }} props */
function People({ user: { username }, tab }) {
  const list = useList(`${userPath(username)}/${tab}`)
  const empty =
    tab === 'following'
      ? html`<h2>@${username} follows nobody yet</h2><p>The people whom @${username} follows appear here.</p>`
      : html`<h2>No followers yet</h2><p>Mention @${username} in a post, and others will find the way.</p>`
  return html`<${UserList} list=${list} label=${tab === 'following' ? 'Following' : 'Followers'} empty=${empty} />`
}
