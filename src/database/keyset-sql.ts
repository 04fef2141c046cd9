// Keyset pagination in SQL: the parts of a statement that select one page.
import { Prisma } from './generated/client.ts'

/** A condition: the row with this id comes after the cursor, in descending order. */
export const afterCursor = (id: Prisma.Sql, { cursor }: { cursor?: string | undefined }) =>
  cursor ? Prisma.sql`${id} < ${cursor}::uuid` : Prisma.sql`true`

/** Orders by id and reads one row more than the page has; the extra row shows that there is a next page. */
export const newestFirst = (id: Prisma.Sql, { limit }: { limit: number }) =>
  Prisma.sql`ORDER BY ${id} DESC LIMIT ${limit + 1}`
