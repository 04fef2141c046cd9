import type { PostRow } from '../posts/schema.ts'

export type Subscription = ReturnType<typeof createSubscription>

/** Posts that wait for a reader; whoever is further behind reads the table instead. */
const mostPosts = 500

/** What a feed hands out to one reader. */
export function createSubscription(userId: string, onClose: () => void) {
  let posts: PostRow[] = []
  let lapsed = false
  let wake = () => {}

  return {
    userId,
    push(more: PostRow[]) {
      posts.push(...more)
      if (posts.length > mostPosts) lapse()
      else if (more.length > 0) wake()
    },
    lapse,
    /** The posts that came; none when there were none for `limitMs`; undefined once some were missed. */
    async next(limitMs: number, signal: AbortSignal): Promise<PostRow[] | undefined> {
      if (posts.length === 0 && !lapsed && !signal.aborted) await woken(limitMs, signal)
      if (lapsed) return undefined
      const next = posts
      posts = []
      return next
    },
    close: onClose,
  }

  function lapse() {
    lapsed = true
    posts = []
    wake()
  }

  function woken(limitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, limitMs)
      signal.addEventListener('abort', done)
      wake = done
      function done() {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
    })
  }
}
