// “Follow” or “Unfollow”.
import { toProblem } from '../api/problem.js'
import { request, userPath } from '../api/request.js'
import { notify } from '../app/announcer.js'
import { html, useEffect, useState } from '../library/html.js'

/** @param {{ viewer: string, username: string, onChange(difference: 1 | -1): void }} props */
export function FollowButton({ viewer, username, onChange }) {
  const [isFollowing, setFollowing] = useState(/** @type {boolean | undefined} */ (undefined))
  const following = `${userPath(viewer)}/following`

  useEffect(() => {
    request('GET', `${following}?user=${encodeURIComponent(username)}`).then(
      ({ body }) => setFollowing(body.length > 0),
      () => {},
    )
  }, [])

  async function toggle() {
    if (isFollowing === undefined) return
    setFollowing(!isFollowing)
    onChange(isFollowing ? -1 : 1)
    try {
      await request(isFollowing ? 'DELETE' : 'PUT', `${following}/${encodeURIComponent(username)}`)
    } catch (error) {
      setFollowing(isFollowing)
      onChange(isFollowing ? 1 : -1)
      notify(toProblem(error).message)
    }
  }

  // Invisible until the answer is there, but with its room.
  const state = isFollowing === undefined ? 'follow unknown' : isFollowing ? 'follow quiet' : 'follow'
  return html`<button type="button" class=${state} onClick=${toggle}>${isFollowing ? 'Unfollow' : 'Follow'}</button>`
}
