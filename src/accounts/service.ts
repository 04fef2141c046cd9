import { v7 as newId } from 'uuid'
import { hashPassword, verifyPassword } from '../credentials.ts'
import { Prisma, type PrismaClient } from '../database/generated/client.ts'
import { isUniqueViolation } from '../database/sql-errors.ts'
import { retryConflicts, transact } from '../database/transaction.ts'
import { AppError, invalidAt } from '../errors.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { newestMatches } from '../search/newest-matches.ts'
import { searchQuery, tokenize } from '../search/tokenizer.ts'
import type { Viewer } from '../viewer.ts'
import { userColumns } from './rows.ts'
import type { NewUser, UserChange, UserRow } from './schema.ts'

export type Accounts = ReturnType<typeof createAccounts>

/** Users: signing up, profiles, their end. Ids and keys are the service's own; names go in and out as given. */
export function createAccounts({ db, metrics }: { db: PrismaClient; metrics: Metrics }) {
  return {
    /** @throws {AppError} username-taken, in any case of its letters. */
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
      return { ...row, postCount: 0, followerCount: 0, followingCount: 0 }
    },

    /** @throws {AppError} not-found */
    async find(username: string): Promise<UserRow> {
      const user = await db.user.findUnique({
        where: { usernameKey: username.toLowerCase() },
        select: userFields,
      })
      return user ?? missing(username)
    },

    /**
     * Users, the newest first; with `search` those whose username begins with it, or whose display name has all of
     * its words, the last one as a prefix.
     */
    async list(page: Page & { search?: string | undefined }): Promise<Slice<UserRow>> {
      const rows = page.search
        ? await db.$queryRaw<UserRow[]>`
            WITH ${newestMatches(Prisma.sql`"User"`, matching(page.search), page)}
            SELECT u."id", ${userColumns} FROM newest JOIN "User" u ON u."id" = newest."id" ORDER BY u."id" DESC`
        : await db.$queryRaw<UserRow[]>`
            SELECT u."id", ${userColumns} FROM "User" u
            WHERE ${page.cursor ? Prisma.sql`u."id" < ${page.cursor}::uuid` : Prisma.sql`true`}
            ORDER BY u."id" DESC LIMIT ${page.limit + 1}`
      return slice(rows, page)
    },

    /**
     * Changes what is given. A new password needs the current one and ends all other sessions.
     *
     * @throws {AppError} invalid-input at /currentPassword; not-found for a user that is gone
     */
    async change(viewer: Viewer, { currentPassword, password, ...profile }: UserChange): Promise<UserRow> {
      const { userId, sessionId, username } = viewer
      if (password === undefined) {
        return (await retryConflicts(() => update(db, userId, profile))) ?? missing(username)
      }
      const current = await passwordHash(userId)
      if (currentPassword === undefined || !(await verifyPassword(currentPassword, current)))
        throw wrongCurrent()
      const next = await hashPassword(password)
      return transact(db, async (tx) => {
        // Only over the hash that was verified: of two changes at once, one is told that it came too late.
        const row = await update(tx, userId, profile, { current, next })
        if (!row) throw wrongCurrent()
        // After the change: a login that waited for it is refused, and one that it waited for is seen here.
        await tx.session.deleteMany({ where: { userId, id: { not: sessionId } } })
        return row
      })
    },

    /**
     * Deletes a user with all posts, follows and sessions. Posts of others that reference the user stay, with
     * their reference null and a new version.
     */
    async remove(userId: string): Promise<void> {
      const gone = await transact(db, async (tx) => {
        // In the order in which a follow locks its two, so that neither waits for the other.
        await tx.$queryRaw`
          SELECT "id" FROM "User" WHERE "id" IN (
            SELECT ${userId}::uuid
            UNION SELECT "followeeId" FROM "Follow" WHERE "followerId" = ${userId}::uuid
            UNION SELECT "followerId" FROM "Follow" WHERE "followeeId" = ${userId}::uuid
          ) ORDER BY "id" FOR NO KEY UPDATE`
        // This lock keeps out what would refer to the user from now on; it then fails on its foreign key.
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
      if (!gone) return
      metrics.userDeleted()
      metrics.postsDeleted(gone.posts)
      metrics.followsDeleted(gone.follows)
    },
  }

  async function passwordHash(userId: string): Promise<string | undefined> {
    const user = await db.user.findUnique({ where: { id: userId }, select: { passwordHash: true } })
    return user?.passwordHash
  }
}

type Profile = Pick<UserChange, 'displayName' | 'bio'>
type PasswordChange = { current: string | undefined; next: string }

/** The user as changed; undefined where there is none, or none with the current password. */
async function update(
  db: Pick<PrismaClient, '$queryRaw'>,
  userId: string,
  { displayName, bio }: Profile,
  password?: PasswordChange,
): Promise<UserRow | undefined> {
  const [row] = await db.$queryRaw<UserRow[]>`
    UPDATE "User" SET
      "displayName" = CASE WHEN ${displayName === undefined} THEN "displayName" ELSE ${displayName ?? null} END,
      "words" = CASE WHEN ${displayName === undefined} THEN "words" ELSE array_to_tsvector(${tokenize(displayName ?? '')}) END,
      "bio" = CASE WHEN ${bio === undefined} THEN "bio" ELSE ${bio ?? null} END,
      "passwordHash" = COALESCE(${password?.next ?? null}, "passwordHash")
    WHERE "id" = ${userId}::uuid
      AND (${password === undefined} OR "passwordHash" = ${password?.current ?? null})
    RETURNING "id", "username", "displayName", "bio", "createdAt", "postCount", "followerCount", "followingCount"`
  return row
}

/** Each condition has an index of its own; a prefix is a range of it, so that one plan serves them all. */
function matching(search: string): Prisma.Sql {
  const query = searchQuery(search)
  const ofName = query ? Prisma.sql`"words" @@ ${query}::tsquery` : Prisma.sql`false`
  if (!/^[\w.-]{1,50}$/.test(search)) return ofName
  const prefix = search.toLowerCase()
  // DEL is above every character that a username may have.
  return Prisma.sql`("usernameKey" >= ${prefix} AND "usernameKey" < ${`${prefix}\x7f`} OR ${ofName})`
}

const wrongCurrent = () => invalidAt('/currentPassword', 'is not the current password')

const missing = (username: string): never => {
  throw new AppError('not-found', `There is no user ${username}.`)
}

const userFields = {
  id: true,
  username: true,
  displayName: true,
  bio: true,
  createdAt: true,
  postCount: true,
  followerCount: true,
  followingCount: true,
} as const
