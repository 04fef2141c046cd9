// Lists of posts that anyone may read, each one statement.
import { Prisma, type PrismaClient } from '../database/generated/client.ts'
import { AppError } from '../errors.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import { newestMatches } from '../search/newest-matches.ts'
import { searchQuery } from '../search/tokenizer.ts'
import { columns, joins, newestFirst, onPage } from './rows.ts'
import type { PostRow } from './schema.ts'

export type PostLists = ReturnType<typeof createPostLists>

export function createPostLists({ db }: { db: PrismaClient }) {
  return {
    /** The posts of a user, the newest first. @throws {AppError} not-found for an unknown user */
    byAuthor: (username: string, page: Page) => ofUser(username, Prisma.sql`p."authorId" = u."id"`, page),

    /** The posts that reference a user, the newest first. @throws {AppError} not-found for an unknown user */
    referencing: (username: string, page: Page) =>
      ofUser(username, Prisma.sql`p."referencedId" = u."id"`, page),

    /** All posts, the newest first; with `search` those that have all of its words, the last one as a prefix. */
    async all(page: Page & { search?: string | undefined }): Promise<Slice<PostRow>> {
      const query = page.search ? searchQuery(page.search) : undefined
      if (page.search && !query) return { rows: [], next: undefined }
      const rows = query
        ? await db.$queryRaw<PostRow[]>`
            WITH ${newestMatches(Prisma.sql`"Post"`, Prisma.sql`"words" @@ ${query}::tsquery`, page)}
            SELECT ${columns} FROM newest JOIN "Post" p ON p."id" = newest."id" ${joins} ORDER BY p."id" DESC`
        : await db.$queryRaw<PostRow[]>`
            SELECT ${columns} FROM "Post" p ${joins} WHERE ${onPage(page)} ${newestFirst(page)}`
      return slice(rows, page)
    },
  }

  /** A user without such posts gives one row of nulls; an unknown one gives none. */
  async function ofUser(username: string, condition: Prisma.Sql, page: Page): Promise<Slice<PostRow>> {
    const rows = await db.$queryRaw<(PostRow | { id: null })[]>`
      SELECT post.* FROM "User" u LEFT JOIN LATERAL (
        SELECT ${columns} FROM "Post" p ${joins} WHERE ${condition} AND ${onPage(page)} ${newestFirst(page)}
      ) post ON true
      WHERE u."usernameKey" = ${username.toLowerCase()}`
    if (rows.length === 0) throw new AppError('not-found', `There is no user ${username}.`)
    return slice(
      rows.filter((row) => row.id !== null),
      page,
    )
  }
}
