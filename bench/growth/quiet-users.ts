// Users who have written nothing for long, and readers who follow many of them: the most expensive timelines.
import type { DatabaseEnv } from '../../harness/database.ts'
import { openQuietly } from '../../harness/open-database.ts'

/** How many quiet users the readers `user2`, `user3` and `user4` follow. */
export const quietFollowees = [200, 2_000, 10_000]

/** Adds 10,000 users with one post each, older than all other posts, to a filled database that no service has open. */
export async function addQuietUsers(env: DatabaseEnv): Promise<void> {
  const database = await openQuietly(env)
  try {
    for (const statement of [
      `INSERT INTO "User" ("id", "username", "usernameKey", "passwordHash", "createdAt", "postCount")
       SELECT gen_random_uuid(), 'quiet' || n, 'quiet' || n, '', now(), 1 FROM generate_series(1, 10000) n`,
      `INSERT INTO "Post" ("id", "authorId", "text", "createdAt")
       SELECT overlay("id"::text PLACING '01000000' FROM 1 FOR 8)::uuid, "id", 'Good night.', now() FROM "User"
       WHERE "username" LIKE 'quiet%'`,
      ...quietFollowees.map(
        (count, index) => `
          INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
          SELECT gen_random_uuid(), reader."id", quiet."id", now()
          FROM "User" reader, (SELECT "id" FROM "User" WHERE "username" LIKE 'quiet%' LIMIT ${count}) quiet
          WHERE reader."username" = 'user${index + 2}'`,
      ),
      'ANALYZE',
    ])
      await database.client.$executeRawUnsafe(statement)
  } finally {
    await database.close()
  }
}
