import { z } from 'zod'
import { Username, userHref } from '../accounts/schema.ts'
import { Id, Time, trimmedText } from '../http/fields.ts'

const Text = trimmedText(1, 255).meta({ examples: ['Curiouser and curiouser!'] })

/** The username of an existing user, in any case; null, empty and absent all mean none. */
export const Referenced = z
  .string()
  .refine((name) => name === '' || Username.safeParse(name).success, 'is no user')
  .nullable()
  .transform((name) => name || null)
  .meta({ description: 'The username of a user that exists.', examples: ['bob', null] })

/** The body of a new post, and of one that replaces another. */
export const NewPost = z
  .object({ text: Text, referenced: Referenced.default(null) })
  .meta({ id: 'NewMicropost' })
export type NewPost = z.output<typeof NewPost>

/** A client's own name for one request, so that it can be sent again without posting twice. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .optional()
  .meta({
    description: 'Makes the request safe to send again for 24 hours: it posts once and answers the same.',
    examples: ['5f1c9a2e-7d38-4b6a-9a53-0d2c8f4e6b17'],
  })

/** Any part of a post; what is absent stays as it is. */
export const PostChange = z
  .object({ text: Text.optional(), referenced: Referenced.optional() })
  .meta({ id: 'MicropostChange' })
export type PostChange = z.output<typeof PostChange>

export const Post = z
  .object({
    href: z.url().meta({
      examples: ['http://localhost:3000/api/users/alice/collection/019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10'],
    }),
    id: Id,
    text: z.string().meta({ examples: ['Curiouser and curiouser!'] }),
    referenced: z
      .string()
      .nullable()
      .meta({ description: 'The username that the post refers to.', examples: ['bob', null] }),
    timestamp: Time.meta({ description: 'When it was posted; it never changes.' }),
    user: z.string().meta({ description: 'The username of the author.', examples: ['alice'] }),
    editedAt: Time.nullable().meta({
      description: 'When it was last changed; null before the first change.',
      examples: [null, '2026-11-24T10:05:00.000Z'],
    }),
  })
  .meta({ id: 'Micropost' })

/** A post as the service reads it: `author` and `referenced` are usernames. */
export type PostRow = {
  id: string
  text: string
  createdAt: Date
  editedAt: Date | null
  version: number
  author: string
  referenced: string | null
}

export const postHref = (origin: string, row: PostRow) =>
  `${userHref(origin, row.author)}/collection/${row.id}`

/** The version of the representation (RFC 9110, section 8.8.3): every change of it counts the row's version up. */
export const postETag = (row: PostRow) => `"${row.version}"`

export function toPost(row: PostRow, origin: string): z.input<typeof Post> {
  return {
    href: postHref(origin, row),
    id: row.id,
    text: row.text,
    referenced: row.referenced,
    timestamp: row.createdAt.toISOString(),
    user: row.author,
    editedAt: row.editedAt?.toISOString() ?? null,
  }
}
