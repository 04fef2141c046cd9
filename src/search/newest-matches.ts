// Reads the newest rows that match a search, at a cost that does not depend on how frequent the words are.
import { Prisma } from '../database/generated/client.ts'
import { afterCursor, newestFirst } from '../database/keyset-sql.ts'
import type { Page } from '../keyset.ts'

/** The number of newest rows that are scanned before the index is used; this takes about 5 ms. */
const recentRows = 5_000

/**
 * CTEs for a statement that begins with `WITH`. The last one, `newest`, has the ids of the matching rows of the page
 * and of one more.
 *
 * The planner alone would either scan the whole table, which is slow for a rare word, or sort every match, which is
 * slow for a frequent one; and a prepared statement has one plan for both. These CTEs find a frequent word among the
 * newest rows. Only if they contain too few matches, so that the word is rare enough to sort, is the index used.
 *
 * @param matches a condition on the unqualified columns of `table`, supported by its indexes
 */
export function newestMatches(table: Prisma.Sql, matches: Prisma.Sql, page: Page): Prisma.Sql {
  const id = Prisma.sql`"id"`
  const onPage = afterCursor(id, page)
  return Prisma.sql`
    near AS MATERIALIZED (
      SELECT "id" FROM (SELECT * FROM ${table} WHERE ${onPage} ORDER BY "id" DESC LIMIT ${recentRows}) recent
      WHERE ${matches} ${newestFirst(id, page)}
    ),
    far AS MATERIALIZED (
      SELECT "id" FROM ${table} WHERE ${matches} AND ${onPage} AND (SELECT count(*) FROM near) <= ${page.limit}
    ),
    newest AS (SELECT "id" FROM near UNION SELECT "id" FROM far ${newestFirst(id, page)})`
}
