// Fills a database with users, follows and many posts, by SQL.
import { hashPassword } from '../src/credentials.ts'
import { administer, type DatabaseEnv } from './database.ts'
import { openQuietly } from './open-database.ts'

export type Size = {
  posts: number
  /** By default few enough that each user has a full page of posts even in the smallest database. */
  users?: number
  /** How many users everybody follows, besides `user1`; at least twice as many users must exist. */
  follows?: number
}

/** The session token of `user1`, who follows the next `followees` users. */
export const token = tokenOf(1)
export const followees = 200
/** So many users have a session. */
const sessions = 100
/** Rows of one INSERT, which must end before the statement timeout. */
const batchSize = 10_000

/** The session token of a user, such as the first one, `user1`. Only the first 100 have one. */
export function tokenOf(user: number): string {
  return `token-of-user${user}`
}

/** The password of every user. */
export const password = 'a password for many users'

/** SQL for a UUIDv7 that sorts by `number`. */
const uuid = (prefix: string, number: string) =>
  `('${prefix}' || lpad(to_hex(${number}), 8, '0') || '70008000' || lpad(to_hex(${number}), 12, '0'))::uuid`

/** Migrates an empty database and fills it with rows of this many. */
export async function fill(
  env: DatabaseEnv,
  { posts, users = 400, follows = 0 }: Size,
  onProgress: (done: number) => void,
): Promise<void> {
  const database = await openQuietly(env)
  const execute = (sql: string) => database.client.$executeRawUnsafe(sql)
  try {
    await database.migrate()
    for (const statement of insertPeople(users, await hashPassword(password))) await execute(statement)
    const usersPerBatch = Math.max(1, Math.floor(batchSize / Math.max(follows, 1)))
    for (let from = 2; follows > 0 && from <= users; from += usersPerBatch)
      await execute(insertFollows(from, Math.min(from + usersPerBatch - 1, users), { users, follows }))
    for (let from = 1; from <= posts; from += batchSize) {
      const to = Math.min(from + batchSize - 1, posts)
      await execute(insertPosts(from, to, { posts, users }))
      onProgress(to)
    }
    for (const statement of countRows) await execute(statement)
  } finally {
    await database.close()
  }
  // A PostgreSQL server does this by itself some time after so many writes; the embedded database never does.
  if ('DATABASE_URL' in env) await administer(env.DATABASE_URL, 'VACUUM ANALYZE')
}

const insertPeople = (users: number, passwordHash: string) => [
  `INSERT INTO "User" ("id", "username", "usernameKey", "passwordHash", "createdAt")
   SELECT ${uuid('0190', 'n')}, 'user' || n, 'user' || n, '${passwordHash}', now() - interval '1 year'
   FROM generate_series(1, ${users}) n`,
  `INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
   SELECT ${uuid('0191', 'n')}, ${uuid('0190', '1')}, ${uuid('0190', 'n')}, now() FROM generate_series(2, ${followees + 1}) n`,
  `INSERT INTO "Session" ("id", "userId", "tokenHash", "createdAt", "lastUsedAt", "expiresAt")
   SELECT ${uuid('0192', 'n')}, ${uuid('0190', 'n')}, sha256(('token-of-user' || n)::bytea), now(), now(), now() + interval '1 day'
   FROM generate_series(1, ${Math.min(sessions, users)}) n`,
]

/** Each user follows others by Zipf's law: nearly everybody follows the first users, and few the last. */
const insertFollows = (from: number, to: number, { users, follows }: { users: number; follows: number }) => `
  INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
  SELECT ${uuid('0194', `follower * ${follows} + choice`)}, ${uuid('0190', 'follower')}, ${uuid('0190', 'followee')},
    now() - interval '1 day'
  FROM (
    SELECT DISTINCT ON (follower, followee) follower, followee, choice FROM (
      SELECT follower, choice, floor(exp(random() * ln(${users})))::int AS followee
      FROM generate_series(${from}, ${to}) follower, generate_series(1, ${follows}) choice
    ) chosen WHERE followee <> follower
  ) follow`

/**
 * Posts have ten words whose frequency follows Zipf's law. Besides, 50 of all posts have the word `rare`, one in a
 * hundred `percent`, every second `half`, and every other one but the newest 5,100 `formerly`. Old posts have words that are
 * hard to search for: the older half `bygone`, the oldest 10,001 `ancient`, and all but the newest fifth a word of their
 * own that begins with `zone`. There is one post every ten seconds, the last one now.
 */
function insertPosts(from: number, to: number, { posts, users }: { posts: number; users: number }): string {
  return `
    INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "words")
    SELECT ${uuid('0193', 'n')}, ${uuid('0190', `1 + n % ${users}`)}, text, now() - (${posts} - n) * interval '10 s',
      array_to_tsvector(ARRAY(SELECT DISTINCT unnest(string_to_array(text, ' '))))
    FROM (
      SELECT n, (SELECT string_agg('w' || floor(exp(random() * ln(50000)))::int, ' ') FROM generate_series(1, 10 + n * 0))
        || CASE WHEN n % ${Math.ceil(posts / 50)} = 0 THEN ' rare' ELSE '' END
        || CASE WHEN n % 100 = 3 THEN ' percent' ELSE '' END
        || CASE WHEN n % 2 = 0 THEN ' half' ELSE '' END
        || CASE WHEN n % 2 = 1 AND n < ${posts} - 5100 THEN ' formerly' ELSE '' END
        || CASE WHEN n <= ${posts} / 2 THEN ' bygone' ELSE '' END
        || CASE WHEN n <= 10001 THEN ' ancient' ELSE '' END
        || CASE WHEN n <= ${posts} * 0.8 THEN ' zone' || n ELSE '' END AS text
      FROM generate_series(${from}, ${to}) n
    ) post`
}

const countRows = [
  ['postCount', 'Post', 'authorId'],
  ['followerCount', 'Follow', 'followeeId'],
  ['followingCount', 'Follow', 'followerId'],
].map(
  ([count, table, user]) => `
    UPDATE "User" SET "${count}" = counted.rows
    FROM (SELECT "${user}", count(*)::int AS rows FROM "${table}" GROUP BY 1) counted WHERE "id" = counted."${user}"`,
)
