import { v7 as newId } from 'uuid'
import { userColumns } from '../accounts/rows.ts'
import type { UserRow } from '../accounts/schema.ts'
import { Prisma, type PrismaClient } from '../database/generated/client.ts'
import { retryConflicts } from '../database/transaction.ts'
import { AppError, invalidAt, invalidParameter } from '../errors.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import type { Metrics } from '../metrics/instruments.ts'
import type { Viewer } from '../viewer.ts'

export type Follows = ReturnType<typeof createFollows>

/** Who follows whom. A follow and both counts move in one statement, which is its own transaction. */
export function createFollows({ db, metrics }: { db: PrismaClient; metrics: Metrics }) {
  return {
    /**
     * Follows the user that a path names; nothing happens where that is so already.
     *
     * @throws {AppError} not-found for an unknown user, invalid-input for oneself
     */
    async follow(follower: Viewer, username: string): Promise<void> {
      const outcome = await add(follower, username)
      if (outcome === 'unknown') throw missing(username)
      if (outcome === 'yourself') throw invalidParameter('other', 'is yourself')
    },

    /**
     * The same for a user that a body names, with the user as it is then; `created` is false where it was followed
     * already.
     *
     * @throws {AppError} invalid-input at /username for an unknown user and for oneself
     */
    async followNamed(follower: Viewer, username: string): Promise<{ created: boolean; user: UserRow }> {
      const outcome = await add(follower, username)
      const user = outcome === 'unknown' ? undefined : await findUser(username)
      if (outcome === 'yourself') throw invalidAt('/username', 'is yourself')
      if (!user) throw invalidAt('/username', 'is no user')
      return { created: outcome === 'created', user }
    },

    /** Follows a user no more; nothing happens where that is so. @throws {AppError} not-found for an unknown user */
    async unfollow(follower: Viewer, username: string): Promise<void> {
      const user = await findUser(username)
      if (!user) throw missing(username)
      const { id } = user
      const [outcome] = await retryConflicts(
        () => db.$queryRaw<{ deleted: number }[]>`
          WITH pair AS (${locked(follower.userId, id)}),
          follow AS (
            DELETE FROM "Follow" WHERE "followerId" = ${follower.userId}::uuid AND "followeeId" = ${id}::uuid
              AND (SELECT count(*) FROM pair) = 2
            RETURNING 1
          ),
          counted AS (${counted(follower.userId, id, -1)})
          SELECT (SELECT count(*)::int FROM follow) AS "deleted"`,
      )
      if (outcome?.deleted) metrics.followsDeleted(1)
    },

    /** Whom a user follows, the newest follow first. @throws {AppError} not-found for an unknown user */
    following: (username: string, page: Page) =>
      list(username, Prisma.sql`f."followeeId" = u."id"`, Prisma.sql`f."followerId"`, page),

    /** Who follows a user, the newest follow first. @throws {AppError} not-found for an unknown user */
    followers: (username: string, page: Page) =>
      list(username, Prisma.sql`f."followerId" = u."id"`, Prisma.sql`f."followeeId"`, page),
  }

  async function add({ userId, usernameKey }: Viewer, username: string) {
    if (username.toLowerCase() === usernameKey) return 'yourself'
    const user = await findUser(username)
    if (!user) return 'unknown'
    const [outcome] = await retryConflicts(
      () => db.$queryRaw<{ users: number; created: number }[]>`
        WITH pair AS (${locked(userId, user.id)}),
        follow AS (
          INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
          SELECT ${newId()}::uuid, ${userId}::uuid, ${user.id}::uuid, ${new Date()}
          WHERE (SELECT count(*) FROM pair) = 2
          ON CONFLICT ("followerId", "followeeId") DO NOTHING RETURNING 1
        ),
        counted AS (${counted(userId, user.id, 1)})
        SELECT (SELECT count(*)::int FROM pair) AS "users", (SELECT count(*)::int FROM follow) AS "created"`,
    )
    // Of the two, one was deleted meanwhile.
    if (outcome?.users !== 2) return 'unknown'
    if (outcome.created === 0) return 'followed'
    metrics.followCreated()
    return 'created'
  }

  async function findUser(username: string): Promise<UserRow | undefined> {
    // No username has a NUL, and PostgreSQL cannot be asked for one.
    if (username.includes('\0')) return undefined
    const [user] = await db.$queryRaw<UserRow[]>`
      SELECT u."id", ${userColumns} FROM "User" u WHERE u."usernameKey" = ${username.toLowerCase()}`
    return user
  }

  /** The id of a row is its follow's: what the list is ordered by and its cursor. */
  async function list(
    username: string,
    listed: Prisma.Sql,
    owner: Prisma.Sql,
    page: Page,
  ): Promise<Slice<UserRow>> {
    const before = page.cursor ? Prisma.sql`f."id" < ${page.cursor}::uuid` : Prisma.sql`true`
    const rows = await db.$queryRaw<(UserRow | { id: null })[]>`
      SELECT follow.* FROM "User" o LEFT JOIN LATERAL (
        SELECT f."id", ${userColumns} FROM "Follow" f JOIN "User" u ON ${listed}
        WHERE ${owner} = o."id" AND ${before} ORDER BY f."id" DESC LIMIT ${page.limit + 1}
      ) follow ON true
      WHERE o."usernameKey" = ${username.toLowerCase()}`
    if (rows.length === 0) throw missing(username)
    return slice(
      rows.filter((row) => row.id !== null),
      page,
    )
  }
}

const missing = (username: string) => new AppError('not-found', `There is no user ${username}.`)

/** Both users, always in the same order, so that two that follow each other at once do not deadlock. */
const locked = (userId: string, otherId: string) => Prisma.sql`
  SELECT "id" FROM "User" WHERE "id" IN (${userId}::uuid, ${otherId}::uuid) ORDER BY "id" FOR NO KEY UPDATE`

/** Moves both counts by one where there is a `follow`. */
const counted = (followerId: string, followeeId: string, by: 1 | -1) => Prisma.sql`
  UPDATE "User" SET
    "followingCount" = "followingCount" + CASE WHEN "id" = ${followerId}::uuid THEN ${by} ELSE 0 END,
    "followerCount" = "followerCount" + CASE WHEN "id" = ${followeeId}::uuid THEN ${by} ELSE 0 END
  WHERE "id" IN (${followerId}::uuid, ${followeeId}::uuid) AND EXISTS (SELECT FROM follow)`
