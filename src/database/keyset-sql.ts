// Keyset pagination in SQL: the parts of a statement that select one page.
import { defaultLimit, type Page } from '../keyset.ts'
import { Prisma } from './generated/client.ts'

/** A condition: the row with this id comes after the cursor, in descending order. */
export const afterCursor = (id: Prisma.Sql, { cursor }: Pick<Page, 'cursor'>) =>
  cursor ? Prisma.sql`${id} < ${cursor}::uuid` : Prisma.sql`true`

/** Orders by id and reads one row more than the page has; the extra row shows that there is a next page. */
export const newestFirst = (id: Prisma.Sql, { limit }: Pick<Page, 'limit'>) =>
  Prisma.sql`ORDER BY ${id} DESC LIMIT ${rowCount(limit + 1)}`

/**
 * A number of rows. That of the usual page is part of the SQL text: PostgreSQL expects a tenth of the table if the number
 * is a parameter, prefers to plan the statement again for each value, and that takes longer than reading a page.
 */
export const rowCount = (count: number) =>
  count === defaultLimit + 1 ? Prisma.raw(String(count)) : Prisma.sql`${count}`

/**
 * Selects the ids of one page of the rows that belong to a user. The index that has both columns answers it alone, so
 * PostgreSQL never prefers to read and sort all the user's rows, or to search the newest rows of everybody.
 */
export const newestOfUser = (table: Prisma.Sql, condition: Prisma.Sql, page: Page) =>
  Prisma.sql`SELECT "id" FROM ${table} WHERE ${condition} AND ${afterCursor(Prisma.sql`"id"`, page)} ${newestFirst(Prisma.sql`"id"`, page)}`
