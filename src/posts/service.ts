import { v7 as newId } from 'uuid'
import { findUser, userNotFound } from '../accounts/rows.ts'
import { noSuchUser } from '../accounts/schema.ts'
import { Prisma } from '../database/generated/client.ts'
import type { Notifications } from '../database/notifications.ts'
import type { Query } from '../database/query.ts'
import { isForeignKeyViolation } from '../database/sql-errors.ts'
import { AppError, type Fault, invalidInput } from '../errors.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { type Quota, rateLimited } from '../quota.ts'
import { tokenize } from '../search/tokenizer.ts'
import type { Viewer } from '../viewer.ts'
import { createIdempotency } from './idempotency.ts'
import { newIdAt } from './ids.ts'
import { type CountRow, countColumns, countPost, createPostQuota } from './quota.ts'
import { postColumns, postJoins } from './rows.ts'
import type { NewPost, PostChange, PostRow } from './schema.ts'

export type Posts = ReturnType<typeof createPosts>
type PostsDependencies = {
  query: Query
  notifications: Notifications
  metrics: Metrics
  /** Posts per minute and user; 0 is no limit. */
  postLimit: number
}

/** The versions that a write accepts, as in ETags; undefined accepts any. */
type Versions = readonly string[] | undefined
type Inserted = { row: PostRow; quota: Quota | undefined }
type Outcome = { matches: boolean; edited: boolean }

/** Single posts. Each write is one statement, and so one transaction; it also updates the author's count of posts. */
export function createPosts({ query, notifications, metrics, postLimit }: PostsDependencies) {
  const idempotency = createIdempotency({ query, metrics })
  const postQuota = createPostQuota({ query, limit: postLimit })

  return {
    /** @throws {AppError} invalid-input at /referenced for an unknown user, rate-limited beyond the post limit */
    async create(author: Viewer, post: NewPost): Promise<Inserted> {
      const inserted = await insert(author, post)
      if (!inserted) throw await refusal(author)
      return inserted
    },

    /**
     * Creates a post at most once per key. A retry gets the response that `respond` returned for the first request.
     *
     * @throws {AppError} request-in-progress, idempotency-key-reused, and as `create`
     */
    async createOnce<R>(author: Viewer, post: NewPost, key: string, respond: (row: PostRow) => R) {
      let quota: Quota | undefined
      const result = await idempotency.once<R>({ viewer: author, key, content: post }, async (claim) => {
        const inserted = await insert(author, post, (draft) => {
          const response = JSON.stringify(respond(draft))
          return claim(
            Prisma.sql`replace(${response}, ${draft.id}, fresh."id"::text)::json`,
            Prisma.sql`fresh`,
          )
        })
        quota = inserted?.quota
        return inserted && respond(inserted.row)
      })
      if (!result) throw await refusal(author)
      return { ...result, quota }
    },

    /** Counts a request that failed against the post limit, unless it has a stored response. */
    async countFailed(author: Viewer, key: string | undefined): Promise<Quota | undefined> {
      if (key !== undefined && (await idempotency.isReplay(author, key))) return undefined
      return postQuota.count(author)
    },

    /** The fault of a `referenced` that names an unknown user; [] if there is none. */
    async referencedFaults(name: string | null | undefined): Promise<Fault[]> {
      return !name || (await findUser(query, name)) ? [] : [unknownReferenced]
    },

    /** @throws {AppError} not-found */
    async find(username: string, id: string): Promise<PostRow> {
      const [row] = await query<PostRow>`
        SELECT ${postColumns} FROM "Post" p ${postJoins}
        WHERE p."id" = ${id}::uuid AND a."usernameKey" = ${username.toLowerCase()}`
      if (!row) throw postNotFound()
      return row
    },

    /**
     * Changes the given fields. An edit that changes nothing keeps `editedAt` and the version. If `versions` is given,
     * the current version must be one of them, so only one of several writers that read the same version succeeds.
     *
     * @throws {AppError} invalid-input at /referenced, not-found, precondition-failed
     */
    async change(author: Viewer, id: string, change: PostChange, versions?: Versions): Promise<PostRow> {
      const { text = null, referenced } = change
      const user = await findReferenced(referenced)
      const referencedId = user?.id ?? null
      const [found] = await write(
        () => query<PostRow & Outcome>`
          WITH found AS (${lockPost(author, id, versions)}),
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
          SELECT p."matches", p."edited", ${postColumns} FROM p ${postJoins}`,
      )
      if (!found) throw postNotFound()
      const { matches, edited, ...row } = found
      if (!matches) throw versionMismatch()
      if (edited) metrics.postEdited()
      return row
    },

    /** @throws {AppError} not-found, also for a post that was deleted before; precondition-failed as in `change` */
    async remove(author: Viewer, id: string, versions?: Versions): Promise<void> {
      const [found] = await write(
        () => query<Pick<Outcome, 'matches'>>`
          WITH found AS (${lockPost(author, id, versions)}),
          deleted AS (
            DELETE FROM "Post" p USING found WHERE p."id" = found."id" AND found."matches" RETURNING p."authorId"
          ),
          counted AS (
            UPDATE "User" SET "postCount" = "postCount" - 1 FROM deleted WHERE "User"."id" = deleted."authorId"
          )
          SELECT "matches" FROM found`,
      )
      if (!found) throw postNotFound()
      if (!found.matches) throw versionMismatch()
      metrics.postsDeleted(1)
    },
  }

  /**
   * Stores a post and counts it, or returns undefined if the author is gone or beyond the post limit. With `claimFor`,
   * the statement also stores an idempotency claim, and stores nothing if the claim fails.
   *
   * The statement itself generates the id, after it has locked the author: readWatermark relies on that order. The row
   * that `claimFor` gets has a placeholder id; in the statement, the CTE `fresh` has the real one.
   */
  async function insert(
    author: Viewer,
    { text, referenced }: NewPost,
    claimFor?: (row: PostRow) => Prisma.Sql,
  ): Promise<Inserted | undefined> {
    const user = await findReferenced(referenced)
    const now = new Date()
    const row = {
      id: newId(),
      text,
      createdAt: now,
      editedAt: null,
      version: 1,
      author: author.username,
      referenced: user?.username ?? null,
    }
    const claim = claimFor ? Prisma.sql`${claimFor(row)},` : Prisma.empty
    const claimed = claimFor ? Prisma.sql`AND EXISTS (SELECT FROM claim)` : Prisma.empty
    const [inserted] = await write(
      () => query<{ id: string } & CountRow>`
        WITH author AS MATERIALIZED (
          SELECT "id", ${postQuota.hasRoom(now)} AS "hasRoom" FROM "User" WHERE "id" = ${author.userId}::uuid FOR NO KEY UPDATE
        ),
        clock AS MATERIALIZED (SELECT "id" AS "authorId", clock_timestamp() AS "time" FROM author WHERE "hasRoom"),
        fresh AS MATERIALIZED (SELECT "authorId", ${newIdAt(Prisma.sql`"time"`)} AS "id" FROM clock),
        ${claim}
        counted AS (
          UPDATE "User" SET "postCount" = "postCount" + 1, ${countPost(now)}
          FROM fresh WHERE "User"."id" = fresh."authorId" ${claimed}
          RETURNING fresh."id", fresh."authorId", ${countColumns}
        )
        INSERT INTO "Post" ("id", "authorId", "text", "referencedId", "createdAt", "words")
        SELECT "id", "authorId", ${text}, ${user?.id ?? null}::uuid, ${row.createdAt},
          array_to_tsvector(${tokenize(text)})
        FROM counted
        RETURNING "id", (SELECT "used" FROM counted), (SELECT "windowEnd" FROM counted)`,
    )
    if (!inserted) return undefined
    notifications.notify()
    metrics.postCreated(user !== undefined)
    return { row: { ...row, id: inserted.id }, quota: postQuota.quotaOf(inserted, now) }
  }

  /** Why `insert` stored nothing. */
  async function refusal(author: Viewer): Promise<AppError> {
    const quota = await postQuota.exceeded(author, new Date())
    return quota ? rateLimited(quota) : userNotFound(author.username)
  }

  async function findReferenced(name: string | null | undefined) {
    if (!name) return undefined
    const user = await findUser(query, name)
    if (!user) throw invalidInput([unknownReferenced])
    return user
  }
}

/** Selects and locks an author's post, so that concurrent writers see the result of the one before them. */
function lockPost({ userId }: Viewer, id: string, versions: Versions) {
  const matches = versions ? Prisma.sql`"version"::text = ANY(${versions})` : Prisma.sql`true`
  return Prisma.sql`
    SELECT *, ${matches} AS "matches" FROM "Post"
    WHERE "id" = ${id}::uuid AND "authorId" = ${userId}::uuid FOR UPDATE`
}

/** Runs a write. A foreign-key violation means that the referenced user was just deleted. */
async function write<T>(statement: () => Promise<T>): Promise<T> {
  try {
    return await statement()
  } catch (error) {
    throw isForeignKeyViolation(error) ? invalidInput([unknownReferenced]) : error
  }
}

const postNotFound = () => new AppError('not-found', 'No such post.')

const versionMismatch = () => new AppError('precondition-failed', 'The post has a different version.')

const unknownReferenced: Fault = { detail: noSuchUser, pointer: '/referenced' }
