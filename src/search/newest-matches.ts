// Reads the newest rows that match a search, in bounded time, whatever the words and however many rows there are.
import { Prisma } from '../database/generated/client.ts'
import { afterCursor, newestFirst, rowCount } from '../database/keyset-sql.ts'
import { type Page, type Slice, slice } from '../keyset.ts'

/** A search of a table that has the columns `id` and `words`. Conditions name columns without their table. */
export type Search = {
  table: Prisma.Sql
  matches: Prisma.Sql
  /** Tsqueries of one word each, which a row that matches by its words satisfies. */
  words: readonly string[]
  /** A condition that is enough for a match, supported by an index of its own. */
  alternative?: Prisma.Sql | undefined
}

/** How long the newest rows are scanned at first, and how long the look-up and a second scan take together. */
export type SearchTimes = { firstScanMs: number; restMs: number }
const defaultTimes: SearchTimes = { firstScanMs: 3, restMs: 25 }

/** A row that matches, or the row where a scan ended early. */
export type Scanned<Row> = Row & { matches: boolean }

/** The number of rows scanned between two looks at the clock. With so few, PostgreSQL always prefers the index on ids. */
const rowsPerChunk = 500

/** The largest number of rows that are read from the index and sorted, in about 5 ms. */
const maxCandidates = 3_000

/** Chooses one row in 256. These have indexes of their own, which tell how frequent a word is without reading all its rows. */
export const isSampled = Prisma.sql`get_byte(sha256(uuid_send("id")), 0) = 0`
/** A word of more than so many sampled rows, about 25,000 of all, is not looked up in the index. */
const maxSampled = 100

const id = Prisma.sql`"id"`
const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/**
 * Reads a page. Frequent words are found among the newest rows, rare ones in the index. If the time is over, the page has
 * fewer rows than `limit`, even none, and `next` is where the next page continues.
 *
 * @param read selects rows with the column `matches`, newest first, by CTEs for a statement that begins with
 *   `WITH RECURSIVE`: the last one, `newest`, has the columns `id` and `matches`
 */
export async function newestMatches<Row extends { id: string }>(
  search: Search,
  page: Page,
  read: (newest: Prisma.Sql) => Promise<Scanned<Row>[]>,
  { firstScanMs, restMs } = defaultTimes,
): Promise<Slice<Row>> {
  const near = await read(scan(search, page, firstScanMs))
  const end = endOf(near)
  if (!end) return toSlice(near, page)
  const start = performance.now()
  const far = await read(lookUp(search, page))
  if (!endOf(far)) return toSlice(far, page)
  const found = near.slice(0, -1)
  const rest = { limit: page.limit - found.length, cursor: end.id }
  const beyond = await read(scan(search, rest, Math.max(0, restMs - (performance.now() - start))))
  return toSlice([...found, ...beyond], page)
}

/** Scans the newest rows on the page until there are enough or the time is over; at least one chunk. */
function scan({ table, matches }: Search, page: Page, ms: number): Prisma.Sql {
  const chunk = Prisma.sql`FROM ${table} WHERE "id" < chunk."start" ORDER BY "id" DESC`
  const rows = Prisma.raw(String(rowsPerChunk))
  // PostgreSQL evaluates a recursive CTE as far as its rows are needed, so no chunk begins after the page is full.
  return Prisma.sql`
    chunk AS (
      SELECT ${page.cursor ?? highestId}::uuid AS "start", false AS "isLate"
      UNION ALL
      SELECT (SELECT "id" ${chunk} OFFSET ${rows} - 1 LIMIT 1),
        clock_timestamp() >= statement_timestamp() + ${ms} * interval '1 millisecond'
      FROM chunk WHERE "start" IS NOT NULL AND NOT "isLate"
    ),
    newest AS (
      SELECT row."id", row."matches" FROM chunk CROSS JOIN LATERAL (
        SELECT "id", true AS "matches" FROM (SELECT * ${chunk} LIMIT ${rows}) recent WHERE ${matches} AND NOT "isLate"
        UNION ALL
        SELECT "start", false WHERE "isLate" AND "start" IS NOT NULL
      ) row LIMIT ${rowCount(page.limit + 1)}
    )`
}

/**
 * Looks all matches up in the indexes. If there are too many candidates, or every word is too frequent to look up, the only
 * row is one that does not match.
 */
function lookUp({ table, matches, words, alternative }: Search, page: Page): Prisma.Sql {
  const max = Prisma.raw(String(maxCandidates))
  const candidates = (condition: Prisma.Sql) => Prisma.sql`
    (SELECT "id", ${matches} AND ${afterCursor(id, page)} AS "matches" FROM ${table} WHERE ${condition} LIMIT ${max} + 1)`
  const byWords = candidates(Prisma.sql`"words" @@ (SELECT "query" FROM rare)`)
  return Prisma.sql`
    rare AS MATERIALIZED (
      SELECT string_agg(word::text, ' & ')::tsquery AS "query" FROM unnest(${words}::tsquery[]) word
      WHERE ${maxSampled} >= (
        SELECT count(*) FROM (
          SELECT FROM ${table} WHERE ${isSampled} AND "words" @@ word LIMIT ${Prisma.raw(String(maxSampled))} + 1
        ) sampled
      )
    ),
    candidate AS MATERIALIZED (${alternative ? Prisma.sql`${byWords} UNION ${candidates(alternative)}` : byWords}),
    outcome AS MATERIALIZED (
      SELECT (SELECT count(*) FROM candidate) <= ${max} AND (${words.length} = 0 OR "query" IS NOT NULL) AS "isComplete" FROM rare
    ),
    newest AS (
      (SELECT "id", true AS "matches" FROM candidate WHERE "matches" AND (SELECT "isComplete" FROM outcome) ${newestFirst(id, page)})
      UNION ALL
      (SELECT "id", false FROM ${table} WHERE NOT (SELECT "isComplete" FROM outcome) LIMIT 1)
    )`
}

/** The row where a scan ended early. */
function endOf<Row>(rows: readonly Scanned<Row>[]): Scanned<Row> | undefined {
  const last = rows.at(-1)
  return last?.matches ? undefined : last
}

function toSlice<Row extends { id: string }>(rows: Scanned<Row>[], page: Page): Slice<Row> {
  const end = endOf(rows)
  return end ? { rows: rows.slice(0, -1), next: end.id } : slice(rows, page)
}
