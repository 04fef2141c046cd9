// Reads the newest rows that match a search, at a cost that does not depend on how frequent the words are.
import { Prisma } from '../database/generated/client.ts'
import { afterCursor, newestFirst } from '../database/keyset-sql.ts'
import type { Page } from '../keyset.ts'

/** The number of newest rows that are scanned before the index is used; this takes about 5 ms. */
const recentRows = 5_000

/** The largest number of rows that are filtered one by one, in about 15 ms. */
const maxCandidates = 10_000

/** Conditions on the unqualified columns of a table, supported by its indexes. */
type Conditions = {
  matches: Prisma.Sql
  /**
   * A weaker condition without a short prefix. For a prefix the index reads every word that begins with it, which is slow
   * for a short one, so rows are filtered by the prefix if the other words leave few enough.
   */
  narrowed?: Prisma.Sql | undefined
}

/**
 * CTEs for a statement that begins with `WITH`. The last one, `newest`, has the ids of the matching rows of the page
 * and of one more.
 *
 * The planner alone would either scan the whole table, which is slow for a rare word, or sort every match, which is
 * slow for a frequent one; and a prepared statement has one plan for both. These CTEs find a frequent word among the
 * newest rows. Only if they contain too few matches, so that the word is rare enough to sort, is the index used.
 */
export function newestMatches(table: Prisma.Sql, { matches, narrowed }: Conditions, page: Page): Prisma.Sql {
  const id = Prisma.sql`"id"`
  const onPage = afterCursor(id, page)
  return Prisma.sql`
    near AS MATERIALIZED (
      SELECT "id" FROM (SELECT * FROM ${table} WHERE ${onPage} ORDER BY "id" DESC LIMIT ${recentRows}) recent
      WHERE ${matches} ${newestFirst(id, page)}
    ),
    ${far(table, { matches, narrowed }, Prisma.sql`${onPage} AND (SELECT count(*) FROM near) <= ${page.limit}`)},
    newest AS (SELECT "id" FROM near UNION SELECT "id" FROM far ${newestFirst(id, page)})`
}

/** The CTE `far`: all rows on the page that match, by the index. */
function far(table: Prisma.Sql, { matches, narrowed }: Conditions, needed: Prisma.Sql): Prisma.Sql {
  const byIndex = Prisma.sql`SELECT "id" FROM ${table} WHERE ${matches} AND ${needed}`
  if (!narrowed) return Prisma.sql`far AS MATERIALIZED (${byIndex})`
  return Prisma.sql`
    candidates AS MATERIALIZED (
      SELECT "id", "words" FROM ${table} WHERE ${narrowed} AND ${needed} LIMIT ${maxCandidates + 1}
    ),
    far AS MATERIALIZED (
      SELECT "id" FROM candidates WHERE ${matches} AND (SELECT count(*) FROM candidates) <= ${maxCandidates}
      UNION ALL
      ${byIndex} AND (SELECT count(*) FROM candidates) > ${maxCandidates}
    )`
}
