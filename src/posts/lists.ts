// Public lists of posts; each is one statement.
import { listOfUser } from '../accounts/rows.ts'
import { Prisma } from '../database/generated/client.ts'
import { afterCursor, newestFirst, newestOfUser } from '../database/keyset-sql.ts'
import type { Query } from '../database/query.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import { newestMatches } from '../search/newest-matches.ts'
import { searchQuery } from '../search/tokenizer.ts'
import { postColumns, postId, postJoins } from './rows.ts'
import type { PostRow } from './schema.ts'

export type PostLists = ReturnType<typeof createPostLists>

export function createPostLists({ query }: { query: Query }) {
  return {
    /** The posts of a user, newest first. @throws {AppError} not-found for an unknown user */
    byAuthor: (username: string, page: Page) =>
      listOfUser<PostRow>(query, username, selectPageOfUser(Prisma.sql`"authorId"`, page), page),

    /** The posts that reference a user, newest first. @throws {AppError} not-found for an unknown user */
    referencing: (username: string, page: Page) =>
      listOfUser<PostRow>(query, username, selectPageOfUser(Prisma.sql`"referencedId"`, page), page),

    /** All posts, newest first; with `search`, the posts that contain all its words, the last one as a prefix. */
    async all(page: Page & { search?: string | undefined }): Promise<Slice<PostRow>> {
      if (!page.search) return slice(await query<PostRow>`${selectPage(page)}`, page)
      const words = searchQuery(page.search)
      if (!words) return { rows: [], next: undefined }
      const conditions = {
        matches: Prisma.sql`"words" @@ ${words.all}::tsquery`,
        narrowed: words.whole ? Prisma.sql`"words" @@ ${words.whole}::tsquery` : undefined,
        isBroad: words.isBroad,
      }
      const rows = await query<PostRow>`
        WITH ${newestMatches(Prisma.sql`"Post"`, conditions, page)}
        SELECT ${postColumns} FROM newest JOIN "Post" p ON p."id" = newest."id" ${postJoins} ORDER BY p."id" DESC`
      return slice(rows, page)
    },
  }
}

const selectPage = (page: Page) => Prisma.sql`
  SELECT ${postColumns} FROM "Post" p ${postJoins} WHERE ${afterCursor(postId, page)} ${newestFirst(postId, page)}`

/** Chooses the ids first (see newestOfUser). */
const selectPageOfUser = (user: Prisma.Sql, page: Page) => Prisma.sql`
  SELECT ${postColumns} FROM (${newestOfUser(Prisma.sql`"Post"`, Prisma.sql`${user} = owner."id"`, page)}) newest
  JOIN "Post" p ON p."id" = newest."id" ${postJoins} ORDER BY p."id" DESC`
