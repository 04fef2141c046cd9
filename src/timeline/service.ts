import { Prisma, type PrismaClient } from '../database/generated/client.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { columns, joins, newestFirst, onPage } from '../posts/rows.ts'
import type { PostRow } from '../posts/schema.ts'

export type Timeline = ReturnType<typeof createTimeline>

/** Posts that are read at a time to catch up. */
const batch = 100

/** The posts of a user and of those that the user follows. */
export function createTimeline({ db, metrics }: { db: PrismaClient; metrics: Metrics }) {
  return {
    /** A page of it, the newest first. */
    async page(userId: string, page: Page): Promise<Slice<PostRow>> {
      const rows = await merged(userId, onPage(page), newestFirst(page), Prisma.sql`DESC`)
      const found = slice(rows, page)
      metrics.timelineServed(found.rows.length)
      return found
    },

    /** The oldest posts between two ids, without both; `complete` when there are no more. */
    async between(userId: string, after: string, before: string) {
      const range = Prisma.sql`p."id" > ${after}::uuid AND p."id" < ${before}::uuid`
      const posts = await merged(userId, range, Prisma.sql`ORDER BY p."id" LIMIT ${batch}`, Prisma.sql`ASC`)
      return { posts, complete: posts.length < batch }
    },
  }

  /**
   * The first posts of each author are read from the index and merged, so the cost follows the followees and the page,
   * not the number of posts.
   */
  function merged(userId: string, range: Prisma.Sql, first: Prisma.Sql, direction: Prisma.Sql) {
    return db.$queryRaw<PostRow[]>`
      SELECT ${columns} FROM (
        SELECT p."id" FROM (
          SELECT ${userId}::uuid AS "id" UNION ALL
          SELECT "followeeId" FROM "Follow" WHERE "followerId" = ${userId}::uuid
        ) author CROSS JOIN LATERAL (
          SELECT p."id" FROM "Post" p WHERE p."authorId" = author."id" AND ${range} ${first}
        ) p ${first}
      ) chosen JOIN "Post" p ON p."id" = chosen."id" ${joins} ORDER BY p."id" ${direction}`
  }
}
