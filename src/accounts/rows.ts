// How a user is read, wherever one is listed: the columns of a UserRow from `u`, but its id.
import { Prisma } from '../database/generated/client.ts'

export const userColumns = Prisma.sql`u."username", u."displayName", u."bio", u."createdAt",
  u."postCount", u."followerCount", u."followingCount"`
