// How rows are found by what they say, the newest first, at a cost that neither a frequent nor a rare word drives up.
import { Prisma } from '../database/generated/client.ts'
import type { Page } from '../keyset.ts'

/** How many of the newest rows are looked at before the index is asked; they cost some 5 ms. */
const recentRows = 5_000

/**
 * `newest`, the ids of a page's rows that match and of one more, for a statement that begins with `WITH`.
 *
 * Left to itself the planner either walks the whole table, which is slow for a rare word, or sorts every match, which
 * is slow for a frequent one, and a prepared statement has one plan for both. Here a frequent word is found among the
 * newest rows, and only one that is not, so that it is rare enough to be sorted, comes from the index.
 *
 * @param matches a condition on the bare columns of `table` that its indexes serve
 */
export function newestMatches(table: Prisma.Sql, matches: Prisma.Sql, { cursor, limit }: Page): Prisma.Sql {
  const onPage = cursor ? Prisma.sql`"id" < ${cursor}::uuid` : Prisma.sql`true`
  const wanted = limit + 1
  return Prisma.sql`
    near AS MATERIALIZED (
      SELECT "id" FROM (SELECT * FROM ${table} WHERE ${onPage} ORDER BY "id" DESC LIMIT ${recentRows}) recent
      WHERE ${matches} ORDER BY "id" DESC LIMIT ${wanted}
    ),
    far AS MATERIALIZED (
      SELECT "id" FROM ${table} WHERE ${matches} AND ${onPage} AND (SELECT count(*) FROM near) < ${wanted}
    ),
    newest AS (SELECT "id" FROM near UNION SELECT "id" FROM far ORDER BY "id" DESC LIMIT ${wanted})`
}
