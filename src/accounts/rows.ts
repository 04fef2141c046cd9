// How every feature reads users: their columns, one user by name, and lists that belong to a user.
import { Prisma } from '../database/generated/client.ts'
import type { Query } from '../database/query.ts'
import { AppError } from '../errors.ts'
import { type Page, type Slice, slice } from '../keyset.ts'
import type { UserRow } from './schema.ts'

/** The columns of a UserRow except its id, from the table alias `u`. */
export const userColumns = Prisma.sql`u."username", u."displayName", u."bio", u."createdAt",
  u."postCount", u."followerCount", u."followingCount"`

/** Finds a user by name, in any case. */
export async function findUser(query: Query, username: string): Promise<UserRow | undefined> {
  // A text parameter with NUL makes PostgreSQL fail.
  if (username.includes('\0')) return undefined
  const [user] = await query<UserRow>`
    SELECT u."id", ${userColumns} FROM "User" u WHERE u."usernameKey" = ${username.toLowerCase()}`
  return user
}

export const userNotFound = (username: string) =>
  new AppError('not-found', `User ${username} does not exist.`)

/**
 * Reads a page of rows that belong to a user, in one statement.
 *
 * @param rows a SELECT of the page's rows and one more; it refers to the user as `owner."id"`
 * @throws {AppError} not-found for an unknown user
 */
export async function listOfUser<Row extends { id: string }>(
  query: Query,
  username: string,
  rows: Prisma.Sql,
  page: Page,
): Promise<Slice<Row>> {
  const found = await query<Row | { id: null }>`
    SELECT item.* FROM "User" owner LEFT JOIN LATERAL (${rows}) item ON true
    WHERE owner."usernameKey" = ${username.toLowerCase()}`
  // A user without rows gives one row of nulls (LEFT JOIN); an unknown user gives no row.
  if (found.length === 0) throw userNotFound(username)
  return slice(
    found.filter((row) => row.id !== null),
    page,
  )
}
