// New posts of the timeline, as they are published. They never move what the person reads: below the top of the page, they
// wait behind a button.
import { request, userPath } from '../api/request.js'
import { followStream } from '../api/stream.js'
import { announce } from '../app/announcer.js'
import { useEffect, useState } from '../library/html.js'
import { mergePosts } from './lists.js'
import { pending } from './outbox.js'

/** @import { Post } from '../api/types.ts' */
/** @import { List } from './lists.js' */

/** @typedef {{ posts: Post[], isPage: boolean }} Arrival a page has the newest posts, without a gap between them */

/** Someone who has scrolled this far reads. */
const readingPx = 120

/**
 * @param {string} username
 * @param {List<Post>} list the timeline of the user
 * @returns {{ waiting: Post[], show(): void }}
 */
export function useLivePosts(username, list) {
  const [waiting, setWaiting] = useState(/** @type {Post[]} */ ([]))
  // What arrived while the list was loading; the first page would replace it.
  const [arrived, setArrived] = useState(/** @type {Arrival[]} */ ([]))

  useEffect(() => {
    if (list.isLoading || arrived.length === 0) return
    // More may have arrived since this render.
    setArrived((before) => before.slice(arrived.length))
    receive(arrived)
  }, [list.isLoading, arrived])

  /** @param {Arrival[]} arrivals */
  function receive(arrivals) {
    const known = new Set([...list.items, ...waiting].map(({ id }) => id))
    const isAfterGap = (/** @type {Arrival} */ { posts, isPage }) =>
      isPage && posts.length > 0 && !posts.some(({ id }) => known.has(id))
    const posts = mergePosts(
      [],
      arrivals.flatMap(({ posts }) => posts),
    )
    const news = posts.filter((post) => !known.has(post.id) && !isPending(post))
    const others = news.filter(({ user }) => user !== username)
    const isReading = scrollY > readingPx
    if (!isReading && known.size > 0 && arrivals.some(isAfterGap)) list.reload()
    else if (isReading && others.length > 0) setWaiting(mergePosts(waiting, news))
    else if (news.length > 0) list.update((items) => mergePosts(items, news))
    if (others.length > 0)
      announce(others.length === 1 ? `New post by @${others[0]?.user}` : `${others.length} new posts`)
  }

  /** Finds what was published before the stream began, or while there was none. */
  async function catchUp() {
    const { body: posts } = await request('GET', `${userPath(username)}/timeline`).catch(() => ({ body: [] }))
    setArrived((before) => [...before, { posts, isPage: true }])
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
        onPost: (post) => setArrived((before) => [...before, { posts: [post], isPage: false }]),
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
