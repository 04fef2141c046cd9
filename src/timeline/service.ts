import type { PrismaClient } from '../database/generated/client.ts'
import type { Metrics } from '../metrics.ts'
import { type Page, type Slice, slice } from '../paging.ts'
import { columns, joins, newestFirst, onPage } from '../posts/rows.ts'
import type { PostRow } from '../posts/schema.ts'

export type Timeline = ReturnType<typeof createTimeline>

/** The posts of a user and of those that the user follows. */
export function createTimeline({ db, metrics }: { db: PrismaClient; metrics: Metrics }) {
  return {
    /**
     * A page of it, the newest first. The newest posts of each author are read from the index and merged, so the
     * cost follows the followees and the page, not the number of posts.
     */
    async page(userId: string, page: Page): Promise<Slice<PostRow>> {
      const rows = await db.$queryRaw<PostRow[]>`
        SELECT ${columns} FROM (
          SELECT p."id" FROM (
            SELECT ${userId}::uuid AS "id" UNION ALL
            SELECT "followeeId" FROM "Follow" WHERE "followerId" = ${userId}::uuid
          ) author CROSS JOIN LATERAL (
            SELECT p."id" FROM "Post" p WHERE p."authorId" = author."id" AND ${onPage(page)} ${newestFirst(page)}
          ) p ${newestFirst(page)}
        ) newest JOIN "Post" p ON p."id" = newest."id" ${joins} ORDER BY p."id" DESC`
      const found = slice(rows, page)
      metrics.timelineServed(found.rows.length)
      return found
    },
  }
}
