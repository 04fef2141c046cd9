import { Prisma } from '../database/generated/client.ts'
import { afterCursor } from '../database/keyset-sql.ts'
import type { Query } from '../database/query.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { readWatermark } from '../posts/ids.ts'
import { postId } from '../posts/rows.ts'
import type { PostRow } from '../posts/schema.ts'
import type { Viewer } from '../viewer.ts'
import type { Feed } from './feed.ts'
import { type Selection, selectTimeline } from './selection.ts'
import { createStreamLimits, type StreamLimits } from './stream-limits.ts'
import type { Subscription } from './subscription.ts'

export type Timeline = ReturnType<typeof createTimeline>

type TimelineDependencies = {
  query: Query
  feed: Feed
  metrics: Metrics
  /** Ends all streams. */
  closing: AbortSignal
  limits: StreamLimits
  /** How often a stream checks its session and sends an empty batch. */
  heartbeatMs?: number
}

/** The API promises a comment, and the end of a revoked session, within 15 s. */
export const defaultHeartbeatMs = 8_000
/** The number of posts per query while a stream catches up. */
const catchUpBatch = 100

/** The timeline of a user: the posts of the user and of followed users. */
export function createTimeline({
  query,
  feed,
  metrics,
  closing,
  limits,
  heartbeatMs = defaultHeartbeatMs,
}: TimelineDependencies) {
  const streams = createStreamLimits(limits)
  return {
    /** @throws {AppError} overloaded or rate-limited if there are too many open streams; call it before `stream` */
    checkStreams: ({ userId }: Viewer) => streams.check(userId),

    /** A page of the timeline, newest first. */
    async page(userId: string, page: Page): Promise<Slice<PostRow>> {
      const range = afterCursor(postId, page)
      const rows = await select(userId, { range, direction: 'DESC', count: page.limit + 1 })
      const found = slice(rows, page)
      metrics.timelineServed(found.rows.length)
      return found
    },

    /**
     * Posts that enter the timeline after the post `lastSeen`, or from now on, in batches ordered by id. The first
     * batch is empty, and so is one batch per heartbeat. Ends when the session ends, the signal is aborted or the
     * service stops.
     */
    async *stream(
      viewer: Viewer,
      lastSeen: string | undefined,
      signal: AbortSignal,
    ): AsyncGenerator<PostRow[]> {
      streams.opened(viewer.userId)
      metrics.streamOpened()
      try {
        await feed.join()
        try {
          const from = lastSeen ?? (await readWatermark(query))
          yield* follow(viewer, from, AbortSignal.any([signal, closing]))
        } finally {
          feed.leave()
        }
      } finally {
        metrics.streamClosed()
        streams.closed(viewer.userId)
      }
    },
  }

  /** Catches up from the table to the feed's position, then follows the feed; starts over after an overflow. */
  async function* follow({ userId, sessionId }: Viewer, from: string, signal: AbortSignal) {
    let after = from
    let heartbeatAt = performance.now() + heartbeatMs
    let subscription: Subscription | undefined
    try {
      yield []
      while (!signal.aborted) {
        if (performance.now() >= heartbeatAt) {
          if (!(await isActive(sessionId))) return
          heartbeatAt = performance.now() + heartbeatMs
          yield []
        } else if (!subscription && after < feed.position()) {
          const until = feed.position()
          const posts = await postsBetween(userId, after, until)
          after = posts.length < catchUpBatch ? until : (posts.at(-1)?.id ?? until)
          if (posts.length > 0) yield posts
        } else {
          subscription ??= feed.subscribe(userId)
          const posts = await subscription.next(heartbeatAt - performance.now(), signal)
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

  async function isActive(sessionId: string): Promise<boolean> {
    const sessions = await query`
      SELECT FROM "Session" WHERE "id" = ${sessionId}::uuid AND "expiresAt" > ${new Date()}`
    return sessions.length === 1
  }

  /** The oldest posts between two ids, exclusive. */
  function postsBetween(userId: string, after: string, before: string) {
    const range = Prisma.sql`p."id" > ${after}::uuid AND p."id" < ${before}::uuid`
    return select(userId, { range, direction: 'ASC', count: catchUpBatch })
  }

  function select(userId: string, selection: Selection) {
    return query<PostRow>`${selectTimeline(userId, selection)}`
  }
}
