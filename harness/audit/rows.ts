// Reads what is in the database while no service has it open.
import type { DatabaseEnv } from '../database.ts'
import { openQuietly } from '../open-database.ts'

export type Rows = Awaited<ReturnType<typeof readRows>>

/** Returns usernames, ids and authors of posts, pairs of usernames, and the users whose stored counts differ from their rows. */
export async function readRows(env: DatabaseEnv) {
  const database = await openQuietly(env)
  try {
    const read = async (sql: string) =>
      (await database.client.$queryRawUnsafe<{ name: string }[]>(sql)).map(({ name }) => name)
    return {
      users: await read('SELECT "username" AS "name" FROM "User"'),
      posts: await database.client.$queryRawUnsafe<{ id: string; author: string }[]>(`
        SELECT p."id"::text, "username" AS "author" FROM "Post" p JOIN "User" u ON u."id" = "authorId"`),
      follows: await read(`
        SELECT f."username" || ' ' || t."username" AS "name" FROM "Follow"
        JOIN "User" f ON f."id" = "followerId" JOIN "User" t ON t."id" = "followeeId"`),
      miscounted: await read(`
        SELECT "username" AS "name" FROM "User" u WHERE
          "postCount" <> (SELECT count(*) FROM "Post" WHERE "authorId" = u."id") OR
          "followerCount" <> (SELECT count(*) FROM "Follow" WHERE "followeeId" = u."id") OR
          "followingCount" <> (SELECT count(*) FROM "Follow" WHERE "followerId" = u."id")`),
    }
  } finally {
    await database.close()
  }
}
