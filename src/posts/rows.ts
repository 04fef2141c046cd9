// How a post is read, wherever it is listed: the columns of a PostRow from `p` with its author and reference.
import { Prisma } from '../database/generated/client.ts'
import type { Page } from '../keyset.ts'

export const columns = Prisma.sql`p."id", p."text", p."createdAt", p."editedAt", p."version",
  a."username" AS "author", r."username" AS "referenced"`

export const joins = Prisma.sql`JOIN "User" a ON a."id" = p."authorId" LEFT JOIN "User" r ON r."id" = p."referencedId"`

/** A condition on `p`: it comes after the page's cursor. */
export const onPage = ({ cursor }: Page) => (cursor ? Prisma.sql`p."id" < ${cursor}::uuid` : Prisma.sql`true`)

/** The order of every list, and one row more than the page has, which tells whether there is a next one. */
export const newestFirst = ({ limit }: Page) => Prisma.sql`ORDER BY p."id" DESC LIMIT ${limit + 1}`
