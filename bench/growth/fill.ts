// A database with many posts, made by SQL.
import { Client } from 'pg'
import { unrecordedMetrics } from '../../harness/telemetry/metrics.ts'
import { openDatabase } from '../../src/database/client.ts'

/** Of the first user, who follows the next 200. */
export const token = 'growth'
export const followees = 200
/** Each has at least a page of posts at the smallest size, so that a timeline merges as many rows at every size. */
const users = 400
/** Rows of a statement, each of which has to end in time. */
const batch = 10_000

/** A UUIDv7 whose order is that of `number`. */
const id = (prefix: string, number: string) =>
  `('${prefix}' || lpad(to_hex(${number}), 8, '0') || '70008000' || lpad(to_hex(${number}), 12, '0'))::uuid`

/** Migrates an empty database and writes `posts` posts, each of ten words as frequent as words are (Zipf), and more. */
export async function fill(
  where: { url: string | undefined; dataDir: string },
  posts: number,
  onProgress: (done: number) => void,
): Promise<void> {
  const metrics = unrecordedMetrics()
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const database = await openDatabase({ ...where, metrics, log })
  const run = (sql: string) => database.client.$executeRawUnsafe(sql)
  try {
    await database.migrate()
    for (const statement of people) await run(statement)
    for (let from = 1; from <= posts; from += batch) {
      const to = Math.min(from + batch - 1, posts)
      await run(postsBetween(from, to, posts))
      onProgress(to)
    }
    if (where.url) await vacuum(where.url)
  } finally {
    await database.close()
  }
}

/** What a server does by itself after so many writes, and the embedded database never does. */
async function vacuum(url: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('VACUUM ANALYZE').finally(() => client.end())
}

const people = [
  `INSERT INTO "User" ("id", "username", "usernameKey", "passwordHash", "createdAt")
   SELECT ${id('0190', 'n')}, 'user' || n, 'user' || n, '', now() FROM generate_series(1, ${users}) n`,
  `INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
   SELECT ${id('0191', 'n')}, ${id('0190', '1')}, ${id('0190', 'n')}, now() FROM generate_series(2, ${followees + 1}) n`,
  `INSERT INTO "Session" ("id", "userId", "tokenHash", "createdAt", "lastUsedAt", "expiresAt")
   VALUES (${id('0192', '1')}, ${id('0190', '1')}, sha256('${token}'), now(), now(), now() + interval '1 day')`,
]

/** Besides their ten words: `rare` in 50 posts of all, `percent` in one of a hundred, `half` in every second. */
function postsBetween(from: number, to: number, posts: number): string {
  return `
    INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "words")
    SELECT ${id('0193', 'n')}, ${id('0190', `1 + n % ${users}`)}, text, now(),
      array_to_tsvector(ARRAY(SELECT DISTINCT unnest(string_to_array(text, ' '))))
    FROM (
      SELECT n, (SELECT string_agg('w' || floor(exp(random() * ln(50000)))::int, ' ') FROM generate_series(1, 10 + n * 0))
        || CASE WHEN n % ${Math.ceil(posts / 50)} = 0 THEN ' rare' ELSE '' END
        || CASE WHEN n % 100 = 3 THEN ' percent' ELSE '' END
        || CASE WHEN n % 2 = 0 THEN ' half' ELSE '' END AS text
      FROM generate_series(${from}, ${to}) n
    ) post`
}
