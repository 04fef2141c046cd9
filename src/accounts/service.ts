import { v7 as newId } from 'uuid'
import type { Log } from '../../lib/log.ts'
import { hashPassword, verifyPassword } from '../credentials.ts'
import { Prisma, type PrismaClient } from '../database/generated/client.ts'
import { afterCursor, newestFirst } from '../database/keyset-sql.ts'
import type { Query } from '../database/query.ts'
import { isUniqueViolation } from '../database/sql-errors.ts'
import { transact } from '../database/transaction.ts'
import { AppError, invalidAt } from '../errors.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { newestMatches, type Scanned, type Search, type SearchTimes } from '../search/newest-matches.ts'
import { searchQuery, tokenize } from '../search/tokenizer.ts'
import type { Viewer } from '../viewer.ts'
import { isMadeOfNames } from './guessable-passwords.ts'
import { findUser, userColumns, userNotFound } from './rows.ts'
import { madeOfNames, type NewUser, type UserChange, type UserRow } from './schema.ts'

export type Accounts = ReturnType<typeof createAccounts>

type AccountsDependencies = {
  db: PrismaClient
  query: Query
  metrics: Metrics
  log: Log
  searchTimes?: SearchTimes
}

/** Users: sign-up, profiles and deletion. */
export function createAccounts({ db, query, metrics, log, searchTimes }: AccountsDependencies) {
  return {
    /** @throws {AppError} username-taken, regardless of case */
    async register({ username, password, displayName = null, bio = null }: NewUser): Promise<UserRow> {
      const passwordHash = await hashPassword(password)
      const row = { id: newId(), username, displayName, bio, createdAt: new Date() }
      try {
        await db.$executeRaw`
          INSERT INTO "User" ("id", "username", "usernameKey", "displayName", "bio", "passwordHash", "createdAt", "words")
          VALUES (${row.id}::uuid, ${username}, ${username.toLowerCase()}, ${displayName}, ${bio}, ${passwordHash},
            ${row.createdAt}, array_to_tsvector(${tokenize(displayName ?? '')}))`
      } catch (error) {
        if (isUniqueViolation(error)) throw new AppError('username-taken', `Username ${username} is taken.`)
        throw error
      }
      metrics.userRegistered()
      log.info({ userId: row.id }, 'user registered')
      return { ...row, postCount: 0, followerCount: 0, followingCount: 0 }
    },

    /** @throws {AppError} not-found */
    async find(username: string): Promise<UserRow> {
      const user = await findUser(query, username)
      if (!user) throw userNotFound(username)
      return user
    },

    /**
     * Users, newest first; with `search`, the users whose username begins with it or whose display name contains all
     * its words, the last one as a prefix.
     */
    async list(page: Page & { search?: string | undefined }): Promise<Slice<UserRow>> {
      if (page.search)
        return newestMatches(
          searchOf(page.search),
          page,
          (newest) => query<Scanned<UserRow>>`
            WITH RECURSIVE ${newest}
            SELECT newest."matches", u."id", ${userColumns} FROM newest JOIN "User" u ON u."id" = newest."id"
            ORDER BY u."id" DESC`,
          searchTimes,
        )
      const id = Prisma.sql`u."id"`
      const rows = await query<UserRow>`
        SELECT u."id", ${userColumns} FROM "User" u WHERE ${afterCursor(id, page)} ${newestFirst(id, page)}`
      return slice(rows, page)
    },

    /**
     * Changes the given fields. A new password requires the current one and ends all other sessions.
     *
     * @throws {AppError} invalid-input at /currentPassword or /password; not-found if the user was deleted meanwhile
     */
    async change(viewer: Viewer, { currentPassword, password, ...profile }: UserChange): Promise<UserRow> {
      const { userId, sessionId, username } = viewer
      if (password === undefined) {
        const row = await update(db, userId, profile)
        if (!row) throw userNotFound(username)
        return row
      }
      if (isMadeOfNames(password, username)) throw invalidAt('/password', madeOfNames)
      const user = await db.user.findUnique({ where: { id: userId }, select: { passwordHash: true } })
      const current = user?.passwordHash
      if (currentPassword === undefined || !(await verifyPassword(currentPassword, current)))
        throw wrongCurrentPassword(userId)
      const next = await hashPassword(password)
      const changed = await transact(db, async (tx) => {
        // Replaces only the hash that was verified, so of two concurrent changes the second one fails.
        const row = await update(tx, userId, profile, { current, next })
        if (!row) throw wrongCurrentPassword(userId)
        // The update has locked the user, as a login does: an earlier login's session is deleted here, and a later
        // login finds that the hash has changed.
        await tx.session.deleteMany({ where: { userId, id: { not: sessionId } } })
        return row
      })
      log.info({ userId, sessionId }, 'password changed')
      return changed
    },

    /**
     * Deletes a user with all posts, follows and sessions. Other users' posts that reference the user stay; their
     * `referenced` becomes null and their version increases.
     */
    async remove(userId: string): Promise<void> {
      const deleted = await transact(db, async (tx) => {
        // Locks every user whose counts change, in the order of ids as a follow does, so that they cannot deadlock.
        await tx.$queryRaw`
          SELECT "id" FROM "User" WHERE "id" IN (
            SELECT ${userId}::uuid
            UNION SELECT "followeeId" FROM "Follow" WHERE "followerId" = ${userId}::uuid
            UNION SELECT "followerId" FROM "Follow" WHERE "followeeId" = ${userId}::uuid
          ) ORDER BY "id" FOR NO KEY UPDATE`
        // FOR UPDATE blocks the foreign-key checks of new posts, follows and sessions; after the deletion they fail.
        const [user] = await tx.$queryRaw<{ posts: number; follows: number }[]>`
          SELECT "postCount" AS "posts", "followerCount" + "followingCount" AS "follows"
          FROM "User" WHERE "id" = ${userId}::uuid FOR UPDATE`
        if (!user) return undefined
        await tx.$executeRaw`
          UPDATE "Post" SET "referencedId" = NULL, "version" = "version" + 1
          WHERE "referencedId" = ${userId}::uuid AND "authorId" <> ${userId}::uuid`
        await tx.$executeRaw`
          UPDATE "User" SET "followerCount" = "followerCount" - 1
          WHERE "id" IN (SELECT "followeeId" FROM "Follow" WHERE "followerId" = ${userId}::uuid)`
        await tx.$executeRaw`
          UPDATE "User" SET "followingCount" = "followingCount" - 1
          WHERE "id" IN (SELECT "followerId" FROM "Follow" WHERE "followeeId" = ${userId}::uuid)`
        await tx.user.delete({ where: { id: userId }, select: { id: true } })
        return user
      })
      if (!deleted) return
      metrics.userDeleted()
      metrics.postsDeleted(deleted.posts)
      metrics.followsDeleted(deleted.follows)
      log.info({ userId }, 'user deleted')
    },
  }

  function wrongCurrentPassword(userId: string): AppError {
    log.info({ userId }, 'password change failed')
    return invalidAt('/currentPassword', 'is not the current password')
  }
}

type Profile = Pick<UserChange, 'displayName' | 'bio'>
type PasswordChange = { current: string | undefined; next: string }

/** Returns the changed user, or undefined if there is none with this id and current password hash. */
async function update(
  db: Pick<PrismaClient, '$queryRaw'>,
  userId: string,
  { displayName, bio }: Profile,
  password?: PasswordChange,
): Promise<UserRow | undefined> {
  const [row] = await db.$queryRaw<UserRow[]>`
    UPDATE "User" u SET
      "displayName" = CASE WHEN ${displayName === undefined} THEN "displayName" ELSE ${displayName ?? null} END,
      "words" = CASE WHEN ${displayName === undefined} THEN "words" ELSE array_to_tsvector(${tokenize(displayName ?? '')}) END,
      "bio" = CASE WHEN ${bio === undefined} THEN "bio" ELSE ${bio ?? null} END,
      "passwordHash" = COALESCE(${password?.next ?? null}, "passwordHash")
    WHERE "id" = ${userId}::uuid
      AND (${password === undefined} OR "passwordHash" = ${password?.current ?? null})
    RETURNING "id", ${userColumns}`
  return row
}

/** Words are those of the display name. A prefix of the username is a range, which a prepared statement can use too. */
function searchOf(search: string): Search {
  const query = searchQuery(search)
  const byDisplayName = query ? Prisma.sql`"words" @@ ${query.all}::tsquery` : Prisma.sql`false`
  const words = { table: Prisma.sql`"User"`, matches: byDisplayName, words: query?.longest ?? [] }
  if (!/^[\w.-]{1,50}$/.test(search)) return words
  const prefix = search.toLowerCase()
  // DEL sorts after every character of a username.
  const byUsername = Prisma.sql`("usernameKey" >= ${prefix} AND "usernameKey" < ${`${prefix}\x7f`})`
  return { ...words, matches: Prisma.sql`(${byUsername} OR ${byDisplayName})`, alternative: byUsername }
}
