import type { PostRow } from '../posts/schema.ts'

export type Subscription = ReturnType<typeof createSubscription>

/** A slower reader overflows its queue and must read the table instead. */
const maxQueuedPosts = 500

/** A queue of posts from the feed to one stream. */
export function createSubscription(userId: string, onClose: () => void) {
  let posts: PostRow[] = []
  let overflowed = false
  let wake = () => {}

  return {
    userId,
    push(more: PostRow[]) {
      posts.push(...more)
      if (posts.length > maxQueuedPosts) overflow()
      else if (more.length > 0) wake()
    },
    /** Marks that the reader has missed posts. */
    overflow,
    /** Waits for posts, at most `timeoutMs`; empty after the timeout, undefined once the reader has missed posts. */
    async next(timeoutMs: number, signal: AbortSignal): Promise<PostRow[] | undefined> {
      if (posts.length === 0 && !overflowed && !signal.aborted) await woken(timeoutMs, signal)
      if (overflowed) return undefined
      const next = posts
      posts = []
      return next
    },
    close: onClose,
  }

  function overflow() {
    overflowed = true
    posts = []
    wake()
  }

  function woken(timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, timeoutMs)
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
