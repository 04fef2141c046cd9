import { v7 as newId } from 'uuid'
import { findUser, listOfUser, userColumns, userNotFound } from '../accounts/rows.ts'
import { noSuchUser, type UserRow } from '../accounts/schema.ts'
import { Prisma } from '../database/generated/client.ts'
import { newestOfUser } from '../database/keyset-sql.ts'
import type { Query } from '../database/query.ts'
import { invalidAt, invalidParameter } from '../errors.ts'
import type { Page } from '../keyset.ts'
import type { Metrics } from '../metrics/instruments.ts'
import type { Viewer } from '../viewer.ts'

/** A page of a list; with `user`, only that user, if the list contains it. */
type FollowPage = Page & { user?: string | undefined }

export type Follows = ReturnType<typeof createFollows>

/** Follows between users. Each write is one statement, and so one transaction; it also updates both users' counts. */
export function createFollows({ query, metrics }: { query: Query; metrics: Metrics }) {
  return {
    /**
     * Follows a user that the path names; does nothing if already followed.
     *
     * @throws {AppError} not-found for an unknown user, invalid-input if that user is the follower
     */
    async follow(follower: Viewer, username: string): Promise<void> {
      const { outcome } = await add(follower, username)
      if (outcome === 'unknown') throw userNotFound(username)
      if (outcome === 'self') throw invalidParameter('other', cannotFollowSelf)
    },

    /**
     * Follows a user that the body names and returns that user; `created` is false if already followed.
     *
     * @throws {AppError} invalid-input at /username for an unknown user and if that user is the follower
     */
    async followNamed(follower: Viewer, username: string): Promise<{ created: boolean; user: UserRow }> {
      const { outcome, user } = await add(follower, username)
      if (outcome === 'self') throw invalidAt('/username', cannotFollowSelf)
      if (!user) throw invalidAt('/username', noSuchUser)
      // Read again, for the new counts. A user who was deleted since then was followed all the same.
      return { created: outcome === 'created', user: (await findUser(query, username)) ?? user }
    },

    /** Unfollows a user; does nothing if not followed. @throws {AppError} not-found for an unknown user */
    async unfollow(follower: Viewer, username: string): Promise<void> {
      const user = await findUser(query, username)
      if (!user) throw userNotFound(username)
      const { id } = user
      const [outcome] = await query<{ deleted: number }>`
          WITH pair AS (${lockUsers(follower.userId, id)}),
          follow AS (
            DELETE FROM "Follow" WHERE "followerId" = ${follower.userId}::uuid AND "followeeId" = ${id}::uuid
              AND (SELECT count(*) FROM pair) = 2
            RETURNING 1
          ),
          counted AS (${addToCounts(follower.userId, id, -1)})
          SELECT (SELECT count(*)::int FROM follow) AS "deleted"`
      if (outcome?.deleted) metrics.followsDeleted(1)
    },

    /** The users that a user follows, newest follow first. @throws {AppError} not-found for an unknown user */
    following: (username: string, page: FollowPage) => list(username, 'followeeId', 'followerId', page),

    /** The followers of a user, newest follow first. @throws {AppError} not-found for an unknown user */
    followers: (username: string, page: FollowPage) => list(username, 'followerId', 'followeeId', page),
  }

  async function add({ userId, usernameKey }: Viewer, username: string) {
    if (username.toLowerCase() === usernameKey) return { outcome: 'self' } as const
    const user = await findUser(query, username)
    if (!user) return { outcome: 'unknown' } as const
    const [outcome] = await query<{ users: number; created: number }>`
        WITH pair AS (${lockUsers(userId, user.id)}),
        follow AS (
          INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
          SELECT ${newId()}::uuid, ${userId}::uuid, ${user.id}::uuid, ${new Date()}
          WHERE (SELECT count(*) FROM pair) = 2
          ON CONFLICT ("followerId", "followeeId") DO NOTHING RETURNING 1
        ),
        counted AS (${addToCounts(userId, user.id, 1)})
        SELECT (SELECT count(*)::int FROM pair) AS "users", (SELECT count(*)::int FROM follow) AS "created"`
    // One of the two users was deleted meanwhile.
    if (outcome?.users !== 2) return { outcome: 'unknown' } as const
    if (outcome.created === 0) return { outcome: 'followed', user } as const
    metrics.followCreated()
    return { outcome: 'created', user } as const
  }

  /** Lists the users in one column of the follows whose other column is the owner. A row's id is the follow's: it is the order. */
  function list(username: string, listed: Column, owner: Column, page: FollowPage) {
    const [listedId, ownerId] = [column(listed), column(owner)]
    const only = page.user
      ? Prisma.sql`${listedId} = (SELECT "id" FROM "User" WHERE "usernameKey" = ${page.user.toLowerCase()})`
      : Prisma.sql`true`
    const rows = Prisma.sql`
      SELECT f."id", ${userColumns}
      FROM (${newestOfUser(Prisma.sql`"Follow"`, Prisma.sql`${ownerId} = owner."id" AND ${only}`, page)}) newest
      JOIN "Follow" f ON f."id" = newest."id" JOIN "User" u ON u."id" = f.${listedId} ORDER BY f."id" DESC`
    return listOfUser<UserRow>(query, username, rows, page)
  }
}

type Column = 'followerId' | 'followeeId'
const column = (name: Column) => Prisma.raw(`"${name}"`)

const cannotFollowSelf = 'You cannot follow yourself'

/** Locks both users in the order of ids, so that two users who follow each other concurrently do not deadlock. */
const lockUsers = (userId: string, otherId: string) => Prisma.sql`
  SELECT "id" FROM "User" WHERE "id" IN (${userId}::uuid, ${otherId}::uuid) ORDER BY "id" FOR NO KEY UPDATE`

/** Adds `by` to both users' counts if the CTE `follow` has a row. */
const addToCounts = (followerId: string, followeeId: string, by: 1 | -1) => Prisma.sql`
  UPDATE "User" SET
    "followingCount" = "followingCount" + CASE WHEN "id" = ${followerId}::uuid THEN ${by} ELSE 0 END,
    "followerCount" = "followerCount" + CASE WHEN "id" = ${followeeId}::uuid THEN ${by} ELSE 0 END
  WHERE "id" IN (${followerId}::uuid, ${followeeId}::uuid) AND EXISTS (SELECT FROM follow)`
