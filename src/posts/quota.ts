// The limit of posts per user and minute. The count is in the author's row, which every new post locks and updates, so it
// costs no statement of its own and is exact across instances.
import { Prisma } from '../database/generated/client.ts'
import type { Query } from '../database/query.ts'
import { type Quota, windowSeconds } from '../quota.ts'
import type { Viewer } from '../viewer.ts'

const windowMs = windowSeconds.posts * 1_000

export type CountRow = { used: number; windowEnd: Date }

/** @param limit the number of posts in a window; 0 turns the limit off */
export function createPostQuota({ query, limit }: { query: Query; limit: number }) {
  return {
    /** SQL for a row of "User": whether the author may create another post at this time. */
    hasRoom: (now: Date) =>
      limit === 0
        ? Prisma.sql`true`
        : Prisma.sql`(${isRunning(now)} IS NOT TRUE OR "postsInWindow" < ${limit})`,

    /** The quota after a count; undefined if the limit is off. */
    quotaOf,

    /** Counts a request that failed before it created a post. Undefined if the limit is off or the user is gone. */
    async count({ userId }: Viewer): Promise<Quota | undefined> {
      if (limit === 0) return undefined
      const now = new Date()
      const [counted] = await query<CountRow>`
        UPDATE "User" SET ${countPost(now)} WHERE "id" = ${userId}::uuid RETURNING ${countColumns}`
      return counted && quotaOf(counted, now)
    },

    /** The quota of an author who had no room; undefined if the limit is off or the user is gone. */
    async exceeded({ userId }: Viewer, now: Date): Promise<Quota | undefined> {
      if (limit === 0) return undefined
      const [row] = await query<CountRow>`
        SELECT ${countColumns} FROM "User" WHERE "id" = ${userId}::uuid AND "postWindowEnd" IS NOT NULL`
      // The window may have ended meanwhile.
      const resetMs = Math.max(0, (row?.windowEnd.getTime() ?? 0) - now.getTime())
      return row && { limit, remaining: 0, resetMs, exceeded: true }
    },
  }

  function quotaOf({ used, windowEnd }: CountRow, now: Date): Quota | undefined {
    if (limit === 0) return undefined
    const resetMs = windowEnd.getTime() - now.getTime()
    return { limit, remaining: Math.max(0, limit - used), resetMs, exceeded: used > limit }
  }
}

/** A window that ends much later than a new one would is from before the clock was set back. Clocks of instances may differ. */
const isRunning = (now: Date) =>
  Prisma.sql`("postWindowEnd" - ${now}::timestamptz BETWEEN interval '1 millisecond' AND interval '2 minutes')`

/** Assignments of an UPDATE of "User": a window starts with its first post. */
export const countPost = (now: Date) => Prisma.sql`
  "postsInWindow" = CASE WHEN ${isRunning(now)} THEN "postsInWindow" + 1 ELSE 1 END,
  "postWindowEnd" = CASE WHEN ${isRunning(now)} THEN "postWindowEnd" ELSE ${new Date(now.getTime() + windowMs)} END`

/** The columns of a CountRow. */
export const countColumns = Prisma.sql`"postsInWindow" AS "used", "postWindowEnd" AS "windowEnd"`
