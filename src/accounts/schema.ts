import { z } from 'zod'
import { anyText, Time, text, trimmedText } from '../http/fields.ts'
import { isCommon, isMadeOfNames } from './guessable-passwords.ts'

const usernamePattern = /^(?=.*[A-Za-z0-9])[A-Za-z0-9_.-]{1,50}$/

export const Username = z
  .string()
  .regex(usernamePattern, 'must be 1 to 50 characters of A-Z a-z 0-9 _ . - with at least one letter or digit')
  .meta({ description: 'The username; case is ignored in lookups.', maxLength: 50, examples: ['alice'] })

export const UserParams = z.object({ username: Username })

const Password = text(8, 128)
  .refine((password) => !isCommon(password), 'is one of the most common passwords')
  .meta({ format: 'password', examples: ['correct horse battery'] })

/** The detail of a fault where a password is made of names. */
export const madeOfNames = 'must be more than the username or the name of this service'

/** Empty text becomes null. */
const optionalText = (max: number) =>
  trimmedText(0, max)
    .nullable()
    .transform((value) => value || null)

const displayNameExample = { examples: ['Alice Liddell'] }
const bioExample = { examples: ['Down the rabbit hole.'] }

const Names = z.object({ username: Username, password: Password })

export const NewUser = z
  .object({
    username: Username,
    password: Password,
    displayName: optionalText(100).optional().meta(displayNameExample),
    bio: optionalText(500).optional().meta(bioExample),
  })
  .refine(({ username, password }) => !isMadeOfNames(password, username), {
    path: ['password'],
    message: madeOfNames,
    // Checked even if other fields have faults.
    when: ({ value }) => Names.safeParse(value).success,
  })
  .meta({ id: 'NewUser' })
export type NewUser = z.output<typeof NewUser>

export const UserChange = z
  .object({
    displayName: optionalText(100).optional().meta(displayNameExample),
    bio: optionalText(500).optional().meta(bioExample),
    password: Password.optional(),
    currentPassword: anyText
      .optional()
      .meta({ description: 'Required with a new password.', format: 'password' }),
  })
  .meta({ id: 'UserChange', examples: [{ displayName: 'Alice Liddell', bio: 'Down the rabbit hole.' }] })
export type UserChange = z.output<typeof UserChange>

const Count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1)
  .meta({ format: 'int32' })

export const User = z
  .object({
    href: z.url().meta({ examples: ['http://localhost:3000/api/users/alice'] }),
    username: Username,
    displayName: z.string().nullable().meta(displayNameExample),
    bio: z.string().nullable().meta(bioExample),
    createdAt: Time,
    counts: z.object({ posts: Count, followers: Count, following: Count }),
  })
  .meta({ id: 'User' })

/** The detail of a fault where a field names an unknown user. */
export const noSuchUser = 'No such user'

/** A user as read from the database, without the password hash. */
export type UserRow = {
  id: string
  username: string
  displayName: string | null
  bio: string | null
  createdAt: Date
  postCount: number
  followerCount: number
  followingCount: number
}

/** The URL of a user; `origin` is scheme and host, such as `https://host`. */
export const userHref = (origin: string, username: string) => `${origin}/api/users/${username}`

/** The user of a response. */
export function toUser(row: UserRow, origin: string): z.input<typeof User> {
  return {
    href: userHref(origin, row.username),
    username: row.username,
    displayName: row.displayName,
    bio: row.bio,
    createdAt: row.createdAt.toISOString(),
    counts: { posts: row.postCount, followers: row.followerCount, following: row.followingCount },
  }
}
