// New posts of the timeline, as they are published. They never move what the person reads: below the top of the page, they
// wait behind a button.
import { request, userPath } from '../api/request.js'
import { followStream } from '../api/stream.js'
import { announce } from '../app/announcer.js'
import { useEffect, useRef, useState } from '../library/html.js'
import { mergePosts } from './lists.js'
import { pending } from './outbox.js'

/** @import { Post } from '../api/types.ts' */
/** @import { List } from './lists.js' */

/** Someone who has scrolled this far reads. */
const readingPx = 120

/**
 * @param {string} username
 * @param {List<Post>} list the timeline of the user
 * @returns {{ waiting: Post[], show(): void }}
 */
export function useLivePosts(username, list) {
  const [waiting, setWaiting] = useState(/** @type {Post[]} */ ([]))
  const latest = useRef({ list, waiting })
  latest.current = { list, waiting }

  /** @param {Post[]} posts */
  function receive(posts) {
    const { list, waiting } = latest.current
    const known = new Set([...list.items, ...waiting].map(({ id }) => id))
    const news = posts.filter((post) => !known.has(post.id) && !isPending(post))
    if (news.length === 0) return
    const others = news.filter(({ user }) => user !== username)
    if (scrollY > readingPx && others.length > 0) setWaiting((before) => mergePosts(before, news))
    else list.update((items) => mergePosts(items, news))
    if (others.length > 0)
      announce(others.length === 1 ? `New post by @${others[0]?.user}` : `${others.length} new posts`)
  }

  /** Finds what was published before the stream began, or while there was none. */
  async function catchUp() {
    const { body } = await request('GET', `${userPath(username)}/timeline`).catch(() => ({ body: [] }))
    const { list } = latest.current
    if (list.isLoading) return
    const known = new Set(list.items.map(({ id }) => id))
    const hasGap =
      body.length > 0 && list.items.length > 0 && !body.some((/** @type {Post} */ { id }) => known.has(id))
    if (hasGap && scrollY <= readingPx) list.reload()
    else receive(body)
  }

  useEffect(() => {
    /** @type {AbortController | undefined} */
    let following
    // A hidden page needs no connection: browsers allow few of them.
    const follow = () => {
      following?.abort()
      if (document.hidden) return
      following = new AbortController()
      void followStream(`${userPath(username)}/timeline/stream`, {
        onOpen: catchUp,
        onPost: (post) => receive([post]),
        signal: following.signal,
      })
    }
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      following?.abort()
    }
  }, [username])

  return {
    waiting,
    show() {
      list.update((items) => mergePosts(items, waiting))
      setWaiting([])
    },
  }
}

/**
 * Whether this is a post of ours whose response has not arrived yet; then the response adds it.
 *
 * @param {Post} post
 */
const isPending = (post) => pending.get().some(({ user, text }) => user === post.user && text === post.text)
