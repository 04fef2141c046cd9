// Selects posts of a timeline, at a cost that depends on the followed users and the page, not on the number of posts.
import { Prisma } from '../database/generated/client.ts'
import { rowCount } from '../database/keyset-sql.ts'
import { postColumns, postJoins } from '../posts/rows.ts'

export type Selection = {
  /** A condition on the id of the post `p`. */
  range: Prisma.Sql
  direction: 'ASC' | 'DESC'
  count: number
}

/** How many posts of everybody to filter per followed user: five take a fifth of the time of one look into the index. */
const postsPerAuthor = 5

/**
 * A statement that returns the first posts of a user's timeline, as PostRows.
 *
 * If many of the latest posts are in the timeline, the first posts of everybody contain enough of them (`near`). Only
 * otherwise does the statement look for every author in the index (`far`): it finds the first post of each, and reads
 * on only for those authors whose first posts come first, because each post on the page is from one of them.
 */
export function selectTimeline(userId: string, { range, direction, count }: Selection): Prisma.Sql {
  const first = Prisma.sql`ORDER BY "id" ${Prisma.raw(direction)} LIMIT ${rowCount(count)}`
  const firstOfAuthor = (limit: Prisma.Sql) => Prisma.sql`
    SELECT p."id" FROM "Post" p WHERE p."authorId" = author."id" AND ${range}
    ORDER BY p."id" ${Prisma.raw(direction)} LIMIT ${limit}`
  return Prisma.sql`
    WITH followee AS MATERIALIZED (
      SELECT "followeeId" AS "id" FROM "Follow" WHERE "followerId" = ${userId}::uuid
    ),
    near AS MATERIALIZED (
      SELECT "id" FROM (
        SELECT p."id", p."authorId" FROM "Post" p WHERE ${range}
        ORDER BY p."id" ${Prisma.raw(direction)} LIMIT ${postsPerAuthor} * (SELECT count(*) + 1 FROM followee)
      ) recent
      WHERE "authorId" = ${userId}::uuid OR "authorId" IN (SELECT "id" FROM followee) ${first}
    ),
    author AS MATERIALIZED (
      SELECT author."id" FROM (SELECT ${userId}::uuid AS "id" UNION ALL SELECT "id" FROM followee) author
      CROSS JOIN LATERAL (${firstOfAuthor(Prisma.sql`1`)}) p
      WHERE (SELECT count(*) FROM near) < ${count} ORDER BY p."id" ${Prisma.raw(direction)} LIMIT ${rowCount(count)}
    ),
    far AS MATERIALIZED (
      SELECT p."id" FROM author CROSS JOIN LATERAL (${firstOfAuthor(rowCount(count))}) p
    ),
    chosen AS (SELECT "id" FROM near UNION SELECT "id" FROM far ${first})
    SELECT ${postColumns} FROM chosen JOIN "Post" p ON p."id" = chosen."id" ${postJoins}
    ORDER BY p."id" ${Prisma.raw(direction)}`
}
