// Searches over enough rows that newestMatches uses the index.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { silentLog } from '../../harness/log.ts'
import { unrecordedMetrics } from '../../harness/telemetry/metrics.ts'
import { createAccounts } from '../../src/accounts/service.ts'
import type { Page, Slice } from '../../src/keyset.ts'
import { createPostLists } from '../../src/posts/lists.ts'
import { type Opened, openExisting } from '../database/support/opened.ts'
import { seedId, seedUsers } from '../database/support/prepared.ts'

const count = 6_000
/** The rows that contain each word: half, one in a thousand, the oldest, those around the 5,000th newest, none. */
const words: Record<string, { sql: string; has: (n: number) => boolean }> = {
  often: { sql: 'n % 2 = 0', has: (n) => n % 2 === 0 },
  seldom: { sql: 'n % 1000 = 0', has: (n) => n % 1_000 === 0 },
  ancient: { sql: 'n <= 30', has: (n) => n <= 30 },
  between: { sql: 'n > 990 AND n <= 1010', has: (n) => n > 990 && n <= 1_010 },
  never: { sql: 'false', has: () => false },
}
const cases = Object.entries(words).map(([word, { sql }]) => `CASE WHEN ${sql} THEN '${word}' END`)
const vector = `array_to_tsvector(array_remove(ARRAY[${cases.join(', ')}], NULL))`

describe('a search of 6,000 rows', () => {
  let database: Opened
  beforeAll(async () => {
    database = await openExisting(await freshDatabase())
    await database.client.$executeRawUnsafe(seedUsers(count))
    await database.client.$executeRawUnsafe(`
      UPDATE "User" SET "words" = ${vector}
      FROM generate_series(1, ${count}) n WHERE "username" = 'seed' || n`)
    await database.client.$executeRawUnsafe(`
      INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "words")
      SELECT ${seedId('0191', 'n')}, ${seedId('0190', '1')}, 'number ' || n, now(),
        ${vector}
      FROM generate_series(1, ${count}) n`)
  })
  afterAll(() => database.closeAndDrop())

  it.each(Object.keys(words))('finds every post and user with "%s" once, newest first', async (word) => {
    const { client: db, query } = database
    const lists = createPostLists({ query })
    const accounts = createAccounts({ db, query, metrics: unrecordedMetrics(), log: silentLog })
    const expected = Array.from({ length: count }, (_, index) => count - index).filter((n) =>
      words[word]?.has(n),
    )
    const posts = await readAll((page) => lists.all({ ...page, search: word.toUpperCase() }))
    expect(posts.map(({ text }) => Number(text.slice('number '.length)))).toEqual(expected)
    const users = await readAll((page) => accounts.list({ ...page, search: word }))
    expect(users.map(({ username }) => Number(username.slice('seed'.length)))).toEqual(expected)
  })

  it('finds a prefix of usernames beyond the recent rows', async () => {
    const { client: db, query } = database
    const accounts = createAccounts({ db, query, metrics: unrecordedMetrics(), log: silentLog })
    const users = await readAll((page) => accounts.list({ ...page, search: 'SEED59' }))
    const numbers = [...Array.from({ length: 100 }, (_, index) => 5_999 - index)]
    for (let n = 599; n >= 590; n--) numbers.push(n)
    expect(users.map(({ username }) => Number(username.slice('seed'.length)))).toEqual([...numbers, 59])
  })
})

async function readAll<Row>(read: (page: Page) => Promise<Slice<Row>>): Promise<Row[]> {
  const all: Row[] = []
  let cursor: string | undefined
  do {
    const { rows, next } = await read({ limit: 100, cursor })
    all.push(...rows)
    cursor = next
  } while (cursor)
  return all
}

describe('a search of 16,000 posts', () => {
  let database: Opened
  beforeAll(async () => {
    database = await openExisting(await freshDatabase())
    await database.client.$executeRawUnsafe(seedUsers(1))
    await database.client.$executeRawUnsafe(`
      INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "words")
      SELECT ${seedId('0191', 'n')}, ${seedId('0190', '1')}, n, now(), array_to_tsvector(array_remove(ARRAY[
        'always', CASE WHEN n <= 10900 THEN 'formerly' END, CASE WHEN n % 2 = 0 THEN 'often' END, CASE WHEN n % 200 < 2 THEN 'ancient' END], NULL))
      FROM generate_series(1, 16000) n`)
  })
  afterAll(() => database.closeAndDrop())

  // The first word leaves 16,000 posts, which the index narrows down further, or 8,000, which are filtered by the prefix.
  it.each([
    ['always an', 2],
    ['often an', 1],
    ['always often an', 1],
    ['never an', 0],
  ])('finds every post with "%s"', async (search, per200) => {
    const lists = createPostLists({ query: database.query })
    const posts = await readAll((page) => lists.all({ ...page, search }))
    expect(posts).toHaveLength(per200 * 80)
    expect(posts.map(({ id }) => id)).toEqual(
      posts
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    )
  })

  it('finds the newest posts with a word that is frequent, but not in recent posts', async () => {
    const lists = createPostLists({ query: database.query })
    const texts: string[] = []
    let cursor: string | undefined
    // After 900 posts there are few enough left to sort.
    while (texts.length < 1_000) {
      const { rows, next } = await lists.all({ limit: 100, cursor, search: 'formerly' })
      texts.push(...rows.map(({ text }) => text))
      cursor = next
    }
    expect(texts).toEqual(Array.from({ length: 1_000 }, (_, index) => String(10_900 - index)))
  })
})
