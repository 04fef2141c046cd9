// Public lists of posts; each is one statement, except for a search.
import { listOfUser } from '../accounts/rows.ts'
import { Prisma } from '../database/generated/client.ts'
import { afterCursor, newestFirst, newestOfUser } from '../database/keyset-sql.ts'
import type { Query } from '../database/query.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import { newestMatches, type Scanned, type SearchTimes } from '../search/newest-matches.ts'
import { searchQuery } from '../search/tokenizer.ts'
import { postColumns, postId, postJoins } from './rows.ts'
import type { PostRow } from './schema.ts'

export type PostLists = ReturnType<typeof createPostLists>

type PostListsDependencies = { query: Query; searchTimes?: SearchTimes }

export function createPostLists({ query, searchTimes }: PostListsDependencies) {
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
      const matches = Prisma.sql`"words" @@ ${words.all}::tsquery`
      return newestMatches(
        { table: Prisma.sql`"Post"`, matches, words: words.longest },
        page,
        (newest) => query<Scanned<PostRow>>`
          WITH RECURSIVE ${newest}
          SELECT newest."matches", ${postColumns} FROM newest JOIN "Post" p ON p."id" = newest."id" ${postJoins}
          ORDER BY p."id" DESC`,
        searchTimes,
      )
    },
  }
}

const selectPage = (page: Page) => Prisma.sql`
  SELECT ${postColumns} FROM "Post" p ${postJoins} WHERE ${afterCursor(postId, page)} ${newestFirst(postId, page)}`

/** Chooses the ids first (see newestOfUser). */
const selectPageOfUser = (user: Prisma.Sql, page: Page) => Prisma.sql`
  SELECT ${postColumns} FROM (${newestOfUser(Prisma.sql`"Post"`, Prisma.sql`${user} = owner."id"`, page)}) newest
  JOIN "Post" p ON p."id" = newest."id" ${postJoins} ORDER BY p."id" DESC`
