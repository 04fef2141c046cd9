// What is in the database, read by itself while no service has it open.
import { openDatabase } from '../../src/database/client.ts'
import { createMetrics } from '../../src/metrics/instruments.ts'

export type Rows = Awaited<ReturnType<typeof readRows>>

/** The settings of the service that is to be looked at. */
export type DatabaseEnv = { DATABASE_URL: string } | { DATA_DIR: string }

/** Usernames, ids of posts, pairs of names; and users whose kept counts are not those of their rows. */
export async function readRows(env: DatabaseEnv) {
  const database = await openDatabase({
    url: 'DATABASE_URL' in env ? env.DATABASE_URL : undefined,
    dataDir: 'DATA_DIR' in env ? env.DATA_DIR : '',
    // No SDK is registered here: they record nothing.
    metrics: createMetrics({ version: '', revision: '', runtime: '' }),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  try {
    const read = async (sql: string) =>
      (await database.client.$queryRawUnsafe<{ name: string }[]>(sql)).map(({ name }) => name)
    return {
      users: await read('SELECT "username" AS "name" FROM "User"'),
      posts: await read('SELECT "id"::text AS "name" FROM "Post"'),
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
