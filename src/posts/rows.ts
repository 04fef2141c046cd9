// How every feature reads posts, from the table alias `p`.
import { Prisma } from '../database/generated/client.ts'

/** The columns of a PostRow; they need `postJoins`. */
export const postColumns = Prisma.sql`p."id", p."text", p."createdAt", p."editedAt", p."version",
  a."username" AS "author", r."username" AS "referenced"`

/** The author `a` and the referenced user `r` of each post. */
export const postJoins = Prisma.sql`
  JOIN "User" a ON a."id" = p."authorId" LEFT JOIN "User" r ON r."id" = p."referencedId"`

export const postId = Prisma.sql`p."id"`
