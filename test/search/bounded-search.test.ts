// Searches that run out of time: their pages are short or empty, but together they are complete.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { silentLog } from '../../harness/log.ts'
import { unrecordedMetrics } from '../../harness/telemetry/metrics.ts'
import { createAccounts } from '../../src/accounts/service.ts'
import { Prisma } from '../../src/database/generated/client.ts'
import type { Page, Slice } from '../../src/keyset.ts'
import { createPostLists } from '../../src/posts/lists.ts'
import { isSampled, type SearchTimes } from '../../src/search/newest-matches.ts'
import { type Opened, openExisting } from '../database/support/opened.ts'
import { seedId, seedUsers } from '../database/support/prepared.ts'

const count = 40_000
/** Searches and the posts that they find, from words that are frequent, but that the newest posts lack. */
const searches: Record<string, (n: number) => boolean> = {
  bygone: (n) => n <= 20_000,
  // One more than are looked up in the index, and as many as are.
  ancient: (n) => n <= 3_001,
  classic: (n) => n > 2_000 && n <= 5_000,
  seldom: (n) => n % 1_000 === 0,
  z: (n) => n <= 30_000,
  zone12: (n) => /^12/.test(String(n)) && n <= 30_000,
  'even odd': () => false,
  'even bygone': (n) => n % 2 === 0 && n <= 20_000,
  'even z': (n) => n % 2 === 0 && n <= 30_000,
  'seldom z': (n) => n % 1_000 === 0 && n <= 30_000,
  'ancient classic': (n) => n > 2_000 && n <= 3_001,
  never: () => false,
}
const text = `concat_ws(' ', CASE WHEN n % 2 = 0 THEN 'even' ELSE 'odd' END, CASE WHEN n <= 20000 THEN 'bygone' END,
  CASE WHEN n <= 3001 THEN 'ancient' END, CASE WHEN n > 2000 AND n <= 5000 THEN 'classic' END,
  CASE WHEN n % 1000 = 0 THEN 'seldom' END, CASE WHEN n <= 30000 THEN 'zone' || n END)`

const noTime: SearchTimes = { firstScanMs: 0, restMs: 0 }

describe('a search of 40,000 rows that runs out of time', () => {
  let database: Opened
  beforeAll(async () => {
    database = await openExisting(await freshDatabase())
    await database.client.$executeRawUnsafe(seedUsers(8_000))
    for (let from = 1; from <= count; from += 10_000)
      await database.client.$executeRawUnsafe(`
        INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "words")
        SELECT ${seedId('0191', 'n')}, ${seedId('0190', '1')}, n, now(), array_to_tsvector(string_to_array(${text}, ' '))
        FROM generate_series(${from}, ${from + 9_999}) n`)
  })
  afterAll(() => database.closeAndDrop())

  const numbersFrom = (newest: number) => Array.from({ length: newest }, (_, index) => newest - index)

  it.each(Object.entries(searches))(
    'finds every post with "%s" once, newest first',
    async (search, matches) => {
      const lists = createPostLists({ query: database.query, searchTimes: noTime })
      const pages = await readPages((page) => lists.all({ ...page, search }), 100)
      expect(pages.flat().map(({ text }) => Number(text))).toEqual(numbersFrom(count).filter(matches))
    },
  )

  it('returns short pages only while they are not over', async () => {
    const lists = createPostLists({ query: database.query, searchTimes: noTime })
    const pages = await readPages((page) => lists.all({ ...page, search: 'bygone' }), 100)
    // A page reads 1,000 posts in two chunks, so 20 pages are empty.
    expect(pages.slice(0, 20).flat()).toEqual([])
    expect(pages[20]).toHaveLength(100)
    expect(pages).toHaveLength(20 + 200)
  })

  it('starts anywhere in the list', async () => {
    const lists = createPostLists({ query: database.query, searchTimes: noTime })
    for (const newest of [39_999, 20_001, 20_000, 1_501]) {
      const [cursor] = await database.query<{ id: string }>`
        SELECT "id" FROM "Post" WHERE "text" = ${String(newest + 1)}`
      const pages = await readPages((page) => lists.all({ ...page, search: 'even bygone' }), 100, cursor?.id)
      const expected = numbersFrom(newest).filter((n) => searches['even bygone']?.(n))
      expect(pages.flat().map(({ text }) => Number(text))).toEqual(expected)
    }
  })

  it.each([
    ['SEED', () => true],
    ['seed7', (n: number) => /^7/.test(String(n))],
    ['nobody', () => false],
    ['..', () => false],
  ])('finds every user with "%s" once, newest first', async (search, matches) => {
    const { client: db, query } = database
    const accounts = createAccounts({
      db,
      query,
      metrics: unrecordedMetrics(),
      log: silentLog,
      searchTimes: noTime,
    })
    const pages = await readPages((page) => accounts.list({ ...page, search }), 100)
    const found = pages.flat().map(({ username }) => Number(username.slice('seed'.length)))
    expect(found).toEqual(numbersFrom(8_000).filter(matches))
  })

  it.each(['Post', 'User'])(
    'knows how frequent a word is from an index of some rows of "%s"',
    async (table) => {
      const plan = await database.query<{ 'QUERY PLAN': string }>`
      EXPLAIN SELECT FROM ${Prisma.raw(`"${table}"`)} WHERE ${isSampled} AND "words" @@ 'even'::tsquery`
      expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toContain(`"${table}_words_sample_idx"`)
    },
  )
})

async function readPages<Row>(read: (page: Page) => Promise<Slice<Row>>, limit: number, first?: string) {
  const pages: Row[][] = []
  let cursor = first
  do {
    const { rows, next } = await read({ limit, cursor })
    pages.push(rows)
    cursor = next
  } while (cursor)
  return pages
}
