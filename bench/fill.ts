// Fills a database with users, follows and many posts, by SQL.
import { administer, type DatabaseEnv } from '../harness/database.ts'
import { openQuietly } from '../harness/open-database.ts'

/** The session token of `user1`, who follows the next `followees` users. */
export const token = 'growth'
export const followees = 200
/** Few enough that each user has a full page of posts even in the smallest database, so that timelines merge as many rows. */
const users = 400
/** Rows of one INSERT, which must end before the statement timeout. */
const batchSize = 10_000

/** SQL for a UUIDv7 that sorts by `number`. */
const uuid = (prefix: string, number: string) =>
  `('${prefix}' || lpad(to_hex(${number}), 8, '0') || '70008000' || lpad(to_hex(${number}), 12, '0'))::uuid`

/** Migrates an empty database and fills it with this many posts. */
export async function fill(
  env: DatabaseEnv,
  posts: number,
  onProgress: (done: number) => void,
): Promise<void> {
  const database = await openQuietly(env)
  const execute = (sql: string) => database.client.$executeRawUnsafe(sql)
  try {
    await database.migrate()
    for (const statement of insertPeople) await execute(statement)
    for (let from = 1; from <= posts; from += batchSize) {
      const to = Math.min(from + batchSize - 1, posts)
      await execute(insertPosts(from, to, posts))
      onProgress(to)
    }
  } finally {
    await database.close()
  }
  // A PostgreSQL server does this by itself some time after so many writes; the embedded database never does.
  if ('DATABASE_URL' in env) await administer(env.DATABASE_URL, 'VACUUM ANALYZE')
}

const insertPeople = [
  `INSERT INTO "User" ("id", "username", "usernameKey", "passwordHash", "createdAt")
   SELECT ${uuid('0190', 'n')}, 'user' || n, 'user' || n, '', now() FROM generate_series(1, ${users}) n`,
  `INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
   SELECT ${uuid('0191', 'n')}, ${uuid('0190', '1')}, ${uuid('0190', 'n')}, now() FROM generate_series(2, ${followees + 1}) n`,
  `INSERT INTO "Session" ("id", "userId", "tokenHash", "createdAt", "lastUsedAt", "expiresAt")
   VALUES (${uuid('0192', '1')}, ${uuid('0190', '1')}, sha256('${token}'), now(), now(), now() + interval '1 day')`,
]

/**
 * Posts have ten words whose frequency follows Zipf's law. Besides, 50 of all posts have the word `rare`, one in a
 * hundred `percent`, and every second `half`.
 */
function insertPosts(from: number, to: number, posts: number): string {
  return `
    INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "words")
    SELECT ${uuid('0193', 'n')}, ${uuid('0190', `1 + n % ${users}`)}, text, now(),
      array_to_tsvector(ARRAY(SELECT DISTINCT unnest(string_to_array(text, ' '))))
    FROM (
      SELECT n, (SELECT string_agg('w' || floor(exp(random() * ln(50000)))::int, ' ') FROM generate_series(1, 10 + n * 0))
        || CASE WHEN n % ${Math.ceil(posts / 50)} = 0 THEN ' rare' ELSE '' END
        || CASE WHEN n % 100 = 3 THEN ' percent' ELSE '' END
        || CASE WHEN n % 2 = 0 THEN ' half' ELSE '' END AS text
      FROM generate_series(${from}, ${to}) n
    ) post`
}
