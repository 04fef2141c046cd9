import { v7 as newId } from 'uuid'
import { Prisma, type PrismaClient } from '../database/generated/client.ts'
import { type Notifications, notifySql } from '../database/notifications.ts'
import { isForeignKeyViolation } from '../database/sql-errors.ts'
import { retryConflicts } from '../database/transaction.ts'
import { AppError, type Fault, invalidInput } from '../errors.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { tokenize } from '../search/tokenizer.ts'
import type { Viewer } from '../viewer.ts'
import type { Idempotency } from './idempotency.ts'
import { newIdAt } from './ids.ts'
import { columns, joins } from './rows.ts'
import type { NewPost, PostChange, PostRow } from './schema.ts'

export type Posts = ReturnType<typeof createPosts>
export type PostsDependencies = {
  db: PrismaClient
  notifications: Notifications
  metrics: Metrics
  idempotency: Idempotency
}

/** The versions that a write is for, as in ETags; undefined for any. */
type Versions = readonly string[] | undefined
type Outcome = { matches: boolean; edited: boolean }

/**
 * Posts by their author. Each operation is one statement, which is its own transaction; the author's count of
 * posts moves in the same one.
 */
export function createPosts({ db, notifications, metrics, idempotency }: PostsDependencies) {
  return {
    /** @throws {AppError} invalid-input at /referenced for a user that does not exist */
    async create(author: Viewer, post: NewPost): Promise<PostRow> {
      return (await insert(author, post)) ?? missingUser(author.username)
    },

    /**
     * The same once for each key: a repetition gives the response that `respond` made of the first post.
     *
     * @throws {AppError} request-in-progress, idempotency-key-reused, and as `create`
     */
    async createOnce<R>(author: Viewer, post: NewPost, key: string, respond: (row: PostRow) => R) {
      return idempotency.once<R>({ userId: author.userId, key, content: post }, async (claim) => {
        const row = await insert(author, post, (standIn) => {
          const response = JSON.stringify(respond(standIn))
          return claim(Prisma.sql`replace(${response}, ${standIn.id}, (SELECT "id"::text FROM fresh))::json`)
        })
        return row && respond(row)
      })
    },

    /** Whether a request with this key already has a response, so that another one posts nothing. */
    async isReplay({ userId }: Viewer, key: string): Promise<boolean> {
      return idempotency.isReplay(userId, key)
    },

    /** The fault of a `referenced` that names no user; [] if there is none. */
    async referenceFaults(name: string | null | undefined): Promise<Fault[]> {
      return !name || (await findUser(name)) ? [] : [noSuchUser]
    },

    /** @throws {AppError} not-found */
    async find(username: string, id: string): Promise<PostRow> {
      const [row] = await db.$queryRaw<PostRow[]>`
        SELECT ${columns} FROM "Post" p ${joins}
        WHERE p."id" = ${id}::uuid AND a."usernameKey" = ${username.toLowerCase()}`
      return row ?? missingPost()
    },

    /**
     * Changes the parts that are given. An edit that changes nothing leaves `editedAt` and the version alone.
     * With `versions` the post must be at one of them: of several writers that saw the same one, one succeeds.
     *
     * @throws {AppError} invalid-input at /referenced, not-found, precondition-failed
     */
    async change(author: Viewer, id: string, change: PostChange, versions?: Versions): Promise<PostRow> {
      const { text = null, referenced } = change
      const user = await findReferenced(referenced)
      const referencedId = user?.id ?? null
      const [found] = await writing(
        () => db.$queryRaw<(PostRow & Outcome)[]>`
          WITH found AS (${locked(author, id, versions)}),
          edited AS (
            UPDATE "Post" p SET
              "text" = COALESCE(${text}, p."text"),
              "words" = CASE WHEN ${text}::text IS NULL THEN p."words" ELSE array_to_tsvector(${tokenize(text ?? '')}) END,
              "referencedId" = CASE WHEN ${referenced === undefined} THEN p."referencedId" ELSE ${referencedId}::uuid END,
              "editedAt" = ${new Date()},
              "version" = p."version" + 1
            FROM found WHERE p."id" = found."id" AND found."matches" AND (
              p."text" <> ${text} OR
              ${referenced !== undefined} AND p."referencedId" IS DISTINCT FROM ${referencedId}::uuid)
            RETURNING p.*
          ),
          p AS (
            SELECT *, true AS "matches", true AS "edited" FROM edited
            UNION ALL
            SELECT *, false FROM found WHERE NOT EXISTS (SELECT FROM edited)
          )
          SELECT p."matches", p."edited", ${columns} FROM p ${joins}`,
      )
      if (!found) return missingPost()
      const { matches, edited, ...row } = found
      if (!matches) throw otherVersion()
      if (edited) metrics.postEdited()
      return row
    },

    /** @throws {AppError} not-found, the second time too; precondition-failed as for `change` */
    async remove(author: Viewer, id: string, versions?: Versions): Promise<void> {
      const [found] = await writing(
        () => db.$queryRaw<Pick<Outcome, 'matches'>[]>`
          WITH found AS (${locked(author, id, versions)}),
          deleted AS (
            DELETE FROM "Post" p USING found WHERE p."id" = found."id" AND found."matches" RETURNING p."authorId"
          ),
          counted AS (
            UPDATE "User" SET "postCount" = "postCount" - 1 FROM deleted WHERE "User"."id" = deleted."authorId"
          )
          SELECT "matches" FROM found`,
      )
      if (!found) return missingPost()
      if (!found.matches) throw otherVersion()
      metrics.postsDeleted(1)
    },
  }

  /**
   * With a claim, the post is stored only if that is; undefined where nothing was. The id is made once the author is
   * locked, which makes it younger than its transaction: streams rely on that (settledId). Until then, in the row
   * that `claimFor` gets, another one stands for it, and `fresh` has it in the statement.
   */
  async function insert(
    author: Viewer,
    { text, referenced }: NewPost,
    claimFor?: (row: PostRow) => Prisma.Sql,
  ): Promise<PostRow | undefined> {
    const user = await findReferenced(referenced)
    const row = {
      id: newId(),
      text,
      createdAt: new Date(),
      editedAt: null,
      version: 1,
      author: author.username,
      referenced: user?.username ?? null,
    }
    const claim = claimFor ? Prisma.sql`${claimFor(row)},` : Prisma.empty
    const claimed = claimFor ? Prisma.sql`AND EXISTS (SELECT FROM claim)` : Prisma.empty
    const [inserted] = await writing(
      () => db.$queryRaw<{ id: string }[]>`
        WITH author AS MATERIALIZED (
          SELECT "id" FROM "User" WHERE "id" = ${author.userId}::uuid FOR NO KEY UPDATE
        ),
        clock AS MATERIALIZED (SELECT "id" AS "authorId", clock_timestamp() AS "time" FROM author),
        fresh AS MATERIALIZED (SELECT "authorId", ${newIdAt(Prisma.sql`"time"`)} AS "id" FROM clock),
        ${claim}
        counted AS (
          UPDATE "User" SET "postCount" = "postCount" + 1
          FROM fresh WHERE "User"."id" = fresh."authorId" ${claimed} RETURNING fresh."id", fresh."authorId"
        )
        INSERT INTO "Post" ("id", "authorId", "text", "referencedId", "createdAt", "words")
        SELECT "id", "authorId", ${text}, ${user?.id ?? null}::uuid, ${row.createdAt},
          array_to_tsvector(${tokenize(text)})
        FROM counted RETURNING "id"${notifications.available() ? Prisma.sql`, ${notifySql} AS "notified"` : Prisma.empty}`,
    )
    if (!inserted) return undefined
    metrics.postCreated(user !== undefined)
    return { ...row, id: inserted.id }
  }

  async function findReferenced(name: string | null | undefined) {
    if (!name) return undefined
    return (await findUser(name)) ?? missingReference()
  }

  async function findUser(name: string) {
    return db.user.findUnique({
      where: { usernameKey: name.toLowerCase() },
      select: { id: true, username: true },
    })
  }
}

/** An author's post for a change: whoever comes second waits here and sees what the first one left. */
function locked({ userId }: Viewer, id: string, versions: Versions) {
  const matches = versions ? Prisma.sql`"version"::text = ANY(${versions})` : Prisma.sql`true`
  return Prisma.sql`
    SELECT *, ${matches} AS "matches" FROM "Post"
    WHERE "id" = ${id}::uuid AND "authorId" = ${userId}::uuid FOR UPDATE`
}

/** A write that lost a race: repeated where the database asks for it, a fault of the input where a user is gone. */
async function writing<T>(statement: () => Promise<T>): Promise<T> {
  try {
    return await retryConflicts(statement)
  } catch (error) {
    if (isForeignKeyViolation(error)) missingReference()
    throw error
  }
}

const missingUser = (username: string): never => {
  throw new AppError('not-found', `There is no user ${username}.`)
}

const missingPost = (): never => {
  throw new AppError('not-found', 'There is no such post.')
}

const otherVersion = () => new AppError('precondition-failed', 'The post has another version by now.')

const noSuchUser: Fault = { pointer: '/referenced', detail: 'is no user' }

const missingReference = (): never => {
  throw invalidInput([noSuchUser])
}
