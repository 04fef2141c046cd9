import type { PrismaClient } from '../database/generated/client.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { settledId } from '../posts/ids.ts'
import type { PostRow } from '../posts/schema.ts'
import type { Viewer } from '../viewer.ts'
import type { Feed } from './feed.ts'
import type { Timeline } from './service.ts'
import type { Subscription } from './subscription.ts'

export type Streams = ReturnType<typeof createStreams>

type StreamsDependencies = {
  db: PrismaClient
  feed: Feed
  timeline: Timeline
  metrics: Metrics
  stopping: AbortSignal
}

/** How often a stream looks whether its session still lives, and shows that it does itself. */
const lookEveryMs = 8_000

/** Timelines as they grow. */
export function createStreams({ db, feed, timeline, metrics, stopping }: StreamsDependencies) {
  return {
    /**
     * The posts that come into a timeline after `lastSeen`, or from the first batch on, in the order of their ids. A
     * batch is empty at first and at least every eight seconds. Ends with its session, with the signal, and when the
     * service stops.
     */
    async *open(
      viewer: Viewer,
      lastSeen: string | undefined,
      signal: AbortSignal,
    ): AsyncGenerator<PostRow[]> {
      metrics.streamOpened()
      try {
        await feed.join()
        try {
          const from = lastSeen ?? (await settledId(db))
          yield* read(viewer, from, AbortSignal.any([signal, stopping]))
        } finally {
          feed.leave()
        }
      } finally {
        metrics.streamClosed()
      }
    },
  }

  /** From the table up to where the feed is, and on from the feed; again so, whenever that was too fast. */
  async function* read({ userId, sessionId }: Viewer, from: string, signal: AbortSignal) {
    let after = from
    let lookAt = performance.now() + lookEveryMs
    let subscription: Subscription | undefined
    try {
      yield []
      while (!signal.aborted) {
        if (performance.now() >= lookAt) {
          if (!(await isLive(sessionId))) return
          lookAt = performance.now() + lookEveryMs
          yield []
        } else if (!subscription && after < feed.position()) {
          const until = feed.position()
          const { posts, complete } = await timeline.between(userId, after, until)
          after = complete ? until : (posts.at(-1)?.id ?? until)
          if (posts.length > 0) yield posts
        } else {
          subscription ??= feed.subscribe(userId)
          const posts = await subscription.next(lookAt - performance.now(), signal)
          if (!posts) {
            subscription.close()
            subscription = undefined
          }
          const news = posts?.filter(({ id }) => id > after) ?? []
          after = news.at(-1)?.id ?? after
          if (news.length > 0) yield news
        }
      }
    } finally {
      subscription?.close()
    }
  }

  async function isLive(sessionId: string): Promise<boolean> {
    return (await db.session.count({ where: { id: sessionId, expiresAt: { gt: new Date() } } })) === 1
  }
}
