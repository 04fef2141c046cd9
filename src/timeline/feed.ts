// Reads new posts once for all streams of this process and gives each stream the posts of its timeline.
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../../lib/log.ts'
import type { Notifications } from '../database/notifications.ts'
import type { Query } from '../database/query.ts'
import { errorMessage } from '../database/sql-errors.ts'
import { readWatermark } from '../posts/ids.ts'
import { postColumns, postJoins } from '../posts/rows.ts'
import type { PostRow } from '../posts/schema.ts'
import { createSubscription, type Subscription } from './subscription.ts'

export type Feed = ReturnType<typeof createFeed>

type FeedDependencies = {
  query: Query
  notifications: Notifications
  log: Log
  /** How often the table is polled. With notifications, polling only covers lost ones. */
  pollMs?: { withNotifications: number; without: number }
}

/** Retry interval while an open transaction may still commit a lower id. */
const retryMs = 20
/** An engine without notifications may not show its open transactions either; there, posts wait this long. */
const watermarkMarginMs = 2_000
const batch = 500

/**
 * Posts are published in the order of their ids, which is not the order of commits: each post waits until the watermark
 * has passed it. So the last id that a stream has sent determines what it has not sent yet.
 */
export function createFeed({
  query,
  notifications,
  log,
  pollMs = { withNotifications: 2_000, without: 500 },
}: FeedDependencies) {
  const subscriptions = new Set<Subscription>()
  let position = ''
  let readers = 0
  let started: Promise<void> | undefined
  let pause = new AbortController()
  notifications.onNotification(() => pause.abort())

  return {
    /** Starts the feed for the first stream. Every `join` needs a `leave`; the feed stops after the last one. */
    async join(): Promise<void> {
      readers++
      started ??= start()
      await started.catch((error) => {
        leave()
        throw error
      })
    },
    leave,

    /** No post with a lower id can still be committed. A stream that missed such posts finds them in the table. */
    position: () => position,

    /** Subscribes to a user's timeline, from the current position on. */
    subscribe(userId: string): Subscription {
      const subscription = createSubscription(userId, () => subscriptions.delete(subscription))
      subscriptions.add(subscription)
      return subscription
    },
  }

  function leave() {
    readers--
    pause.abort()
  }

  async function start() {
    try {
      position = await watermark()
      void run()
    } catch (error) {
      started = undefined
      throw error
    }
  }

  async function run() {
    while (readers > 0) {
      // Before the read, so that a notification during the read causes another one.
      pause = new AbortController()
      const pauseMs = await advance().catch((error) => {
        log.warn({ error: errorMessage(error) }, 'new posts could not be read')
        return pollMs.without
      })
      await setTimeout(pauseMs, undefined, { signal: pause.signal }).catch(() => {})
    }
    started = undefined
  }

  /** Publishes the posts below the watermark; returns how long to wait before the next read. */
  async function advance(): Promise<number> {
    const until = await watermark()
    const audience = new Set(subscriptions)
    const posts = audience.size > 0 ? await newPosts([...audience].map(({ userId }) => userId)) : []
    const settled = posts.filter(({ post }) => post.id < until)
    const last = settled.at(-1)?.post
    if (last) publish(settled, audience)
    if (last && settled.length === batch) {
      position = last.id
      return 0
    }
    if (until > position) position = until
    if (settled.length < posts.length) return retryMs
    return notifications.available() ? pollMs.withNotifications : pollMs.without
  }

  /** A subscription that was added during the read is not part of `audience`; its stream must read the table. */
  function publish(posts: AddressedPost[], audience: Set<Subscription>) {
    for (const subscription of subscriptions) {
      const own = posts.filter(({ readers }) => readers.has(subscription.userId))
      if (audience.has(subscription)) subscription.push(own.map(({ post }) => post))
      else subscription.overflow()
    }
  }

  function watermark() {
    return readWatermark(query, notifications.available() ? 0 : watermarkMarginMs)
  }

  /** The oldest posts after the position, each with the given users that have it in their timelines. */
  async function newPosts(userIds: string[]): Promise<AddressedPost[]> {
    const rows = await query<PostRow & { readers: string[] }>`
      SELECT ${postColumns}, ARRAY(
        SELECT reader::text FROM unnest(${[...new Set(userIds)]}::uuid[]) reader WHERE reader = p."authorId"
          OR EXISTS (SELECT FROM "Follow" WHERE "followerId" = reader AND "followeeId" = p."authorId")
      ) AS "readers"
      FROM "Post" p ${postJoins} WHERE p."id" > ${position}::uuid ORDER BY p."id" LIMIT ${batch}`
    return rows.map(({ readers, ...post }) => ({ post, readers: new Set(readers) }))
  }
}

type AddressedPost = { post: PostRow; readers: Set<string> }
