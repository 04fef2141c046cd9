// Reads the newest rows that match a search, at a cost that hardly depends on how frequent the words are.
import { Prisma } from '../database/generated/client.ts'
import { afterCursor, newestFirst } from '../database/keyset-sql.ts'
import type { Page } from '../keyset.ts'

/** The number of newest rows that are scanned before the index is used, in about 2 ms. */
const recentRows = 5_000
/** The same for a broad condition, for which the index may take 300 ms. */
const recentRowsIfBroad = 25_000

/** The largest number of rows that are read from the index and then filtered or sorted, in about 15 ms. */
const maxCandidates = 10_000

/** Conditions on the unqualified columns of a table, supported by its indexes. */
type Conditions = {
  matches: Prisma.Sql
  /**
   * A weaker condition without a short prefix. For a prefix the index reads every word that begins with it, which is slow
   * for a short one, so rows are filtered by the prefix if the other words leave few enough.
   */
  narrowed?: Prisma.Sql | undefined
  /** Whether there is nothing but a short prefix. */
  isBroad?: boolean
}

/**
 * CTEs for a statement that begins with `WITH`. The last one, `newest`, has the ids of the matching rows of the page
 * and of one more.
 *
 * The planner alone would either scan the whole table, which is slow for a rare word, or sort every match, which is
 * slow for a frequent one; and a prepared statement has one plan for both. These CTEs find a frequent word among the
 * newest rows (`near`). Only if they contain too few matches is the index used (`far`). If it has too many matches to
 * sort, the word is frequent, but not in the newest rows; then the scan continues (`beyond`).
 */
export function newestMatches(table: Prisma.Sql, conditions: Conditions, page: Page): Prisma.Sql {
  const id = Prisma.sql`"id"`
  const onPage = afterCursor(id, page)
  const { matches, isBroad } = conditions
  const isFrequent = Prisma.sql`(SELECT count(*) FROM far) > ${maxCandidates}`
  return Prisma.sql`
    near AS MATERIALIZED (
      SELECT "id" FROM (SELECT * FROM ${table} WHERE ${onPage} ORDER BY "id" DESC LIMIT ${isBroad ? recentRowsIfBroad : recentRows}) recent
      WHERE ${matches} ${newestFirst(id, page)}
    ),
    ${far(table, conditions, Prisma.sql`${onPage} AND (SELECT count(*) FROM near) <= ${page.limit}`)},
    beyond AS MATERIALIZED (
      SELECT "id" FROM (SELECT * FROM ${table} WHERE ${onPage} AND ${isFrequent} ORDER BY "id" DESC OFFSET 0) row
      WHERE ${matches} ${newestFirst(id, page)}
    ),
    newest AS (
      SELECT "id" FROM near UNION SELECT "id" FROM far UNION SELECT "id" FROM beyond ${newestFirst(id, page)}
    )`
}

/** The CTE `far`: the rows on the page that match, by the index; some of them if there are too many. */
function far(table: Prisma.Sql, { matches, narrowed }: Conditions, needed: Prisma.Sql): Prisma.Sql {
  const byIndex = (condition: Prisma.Sql) =>
    Prisma.sql`(SELECT "id", "words" FROM ${table} WHERE ${condition} AND ${needed} LIMIT ${maxCandidates + 1})`
  if (!narrowed) return Prisma.sql`far AS MATERIALIZED (SELECT "id" FROM ${byIndex(matches)} indexed)`
  return Prisma.sql`
    candidates AS MATERIALIZED (${byIndex(narrowed)}),
    far AS MATERIALIZED (
      SELECT "id" FROM candidates WHERE ${matches} AND (SELECT count(*) FROM candidates) <= ${maxCandidates}
      UNION ALL
      SELECT "id" FROM ${byIndex(Prisma.sql`${matches} AND (SELECT count(*) FROM candidates) > ${maxCandidates}`)} indexed
    )`
}
