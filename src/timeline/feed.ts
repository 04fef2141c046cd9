// Reads new posts once for all streams of this process and hands each to those that it is for.
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../database/backend.ts'
import type { PrismaClient } from '../database/generated/client.ts'
import type { Notifications } from '../database/notifications.ts'
import { errorMessage } from '../database/sql-errors.ts'
import { settledId } from '../posts/ids.ts'
import { columns, joins } from '../posts/rows.ts'
import type { PostRow } from '../posts/schema.ts'
import { createSubscription, type Subscription } from './subscription.ts'

export type Feed = ReturnType<typeof createFeed>

/** How often the table is looked at without being told: where there are notifications, for those that got lost. */
const lookEveryMs = { notified: 2_000, polling: 500 }
/** How soon again while there is a post that another may still come before. */
const lookAgainMs = 20
/** An engine without notifications may not tell its transactions either: there, a post has this long to be committed. */
const pollingMarginMs = 2_000
const batch = 500

/**
 * Posts are handed out in the order of their ids, which is not that of their commits: each once nothing can come before
 * it any more (settledId). So the last id that a reader has seen says all about what it has not seen.
 */
export function createFeed({
  db,
  notifications,
  log,
}: {
  db: PrismaClient
  notifications: Notifications
  log: Log
}) {
  const subscriptions = new Set<Subscription>()
  let position = ''
  let readers = 0
  let started: Promise<void> | undefined
  let pause = new AbortController()
  notifications.onNotification(() => pause.abort())

  return {
    /** Reads new posts until all who joined have left. */
    async join(): Promise<void> {
      readers++
      started ??= start()
      await started.catch((error) => {
        leave()
        throw error
      })
    },
    leave,

    /** No post will appear any more whose id is lower; of those, what was not handed out is in the table. */
    position: () => position,

    /** The posts from the position on that are for a user. */
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
      position = await settled()
      void read()
    } catch (error) {
      started = undefined
      throw error
    }
  }

  async function read() {
    while (readers > 0) {
      // Made first: a hint that comes while the table is read has it read again.
      pause = new AbortController()
      const pauseMs = await advance().catch((error) => {
        log.warn({ error: errorMessage(error) }, 'new posts could not be read')
        return lookEveryMs.polling
      })
      await setTimeout(pauseMs, undefined, { signal: pause.signal }).catch(() => {})
    }
    started = undefined
  }

  /** Hands out what is settled; gives how long to wait until the next time. */
  async function advance(): Promise<number> {
    const until = await settled()
    const asked = new Set(subscriptions)
    const posts = asked.size > 0 ? await newPosts([...asked].map(({ userId }) => userId)) : []
    const settledPosts = posts.filter(({ id }) => id < until)
    const last = settledPosts.at(-1)
    if (last) handOut(settledPosts, asked)
    if (last && settledPosts.length === batch) {
      position = last.id
      return 0
    }
    if (until > position) position = until
    if (settledPosts.length < posts.length) return lookAgainMs
    return notifications.available() ? lookEveryMs.notified : lookEveryMs.polling
  }

  /** Who subscribed while the table was read has no post in `posts`, and finds them there. */
  function handOut(posts: ReadPost[], asked: Set<Subscription>) {
    for (const subscription of subscriptions) {
      if (asked.has(subscription)) subscription.push(posts.filter((post) => post.isFor(subscription.userId)))
      else subscription.lapse()
    }
  }

  function settled() {
    return settledId(db, notifications.available() ? 0 : pollingMarginMs)
  }

  /** The oldest posts from the position on, and for whom of these users each is. */
  async function newPosts(userIds: string[]): Promise<ReadPost[]> {
    const rows = await db.$queryRaw<(PostRow & { readers: string[] })[]>`
      SELECT ${columns}, ARRAY(
        SELECT reader::text FROM unnest(${[...new Set(userIds)]}::uuid[]) reader WHERE reader = p."authorId"
          OR EXISTS (SELECT FROM "Follow" WHERE "followerId" = reader AND "followeeId" = p."authorId")
      ) AS "readers"
      FROM "Post" p ${joins} WHERE p."id" > ${position}::uuid ORDER BY p."id" LIMIT ${batch}`
    return rows.map(({ readers, ...row }) => {
      const users = new Set(readers)
      return { ...row, isFor: (userId: string) => users.has(userId) }
    })
  }
}

type ReadPost = PostRow & { isFor(userId: string): boolean }
