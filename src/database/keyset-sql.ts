// Keyset pagination in SQL: the parts of a statement that select one page.
import { Prisma } from './generated/client.ts'

/** A condition: the row with this id comes after the cursor, in descending order. */
export const afterCursor = (id: Prisma.Sql, { cursor }: { cursor?: string | undefined }) =>
  cursor ? Prisma.sql`${id} < ${cursor}::uuid` : Prisma.sql`true`

/** Orders by id and reads one row more than the page has; the extra row shows that there is a next page. */
export const newestFirst = (id: Prisma.Sql, { limit }: { limit: number }) =>
  Prisma.sql`ORDER BY ${id} DESC LIMIT ${limit + 1}`

/**
 * Selects the ids of one page of the rows that belong to a user. The index that has both columns answers it alone, so
 * PostgreSQL never prefers to read and sort all the user's rows, or to search the newest rows of everybody.
 */
export const newestOfUser = (
  table: Prisma.Sql,
  condition: Prisma.Sql,
  page: { limit: number; cursor?: string | undefined },
) =>
  Prisma.sql`SELECT "id" FROM ${table} WHERE ${condition} AND ${afterCursor(Prisma.sql`"id"`, page)} ${newestFirst(Prisma.sql`"id"`, page)}`
