import { z } from 'zod'
import { noSuchUser, Username, userHref } from '../accounts/schema.ts'
import { anyText, Id, Time, trimmedText } from '../http/fields.ts'

const Text = trimmedText(1, 255).meta({ examples: ['Curiouser and curiouser!'] })

/** The username of an existing user, in any case; null and the empty string mean none. */
export const Referenced = anyText
  .refine((name) => name === '' || Username.safeParse(name).success, noSuchUser)
  .nullable()
  .transform((name) => name || null)
  .meta({ description: 'The username of an existing user, or null.', examples: ['bob', null] })

/** The body of POST and PUT. */
export const NewPost = z
  .object({ text: Text, referenced: Referenced.default(null) })
  .meta({ id: 'NewMicropost' })
export type NewPost = z.output<typeof NewPost>

/** A name that the client gives to one request, so that it can retry without posting twice. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
  .optional()
  .meta({
    maxLength: 255,
    description:
      'Makes the request safe to retry for 24 hours: it posts once, and a retry gets the first response.',
    examples: ['5f1c9a2e-7d38-4b6a-9a53-0d2c8f4e6b17'],
  })

/** The body of PATCH; absent fields stay unchanged. */
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
      .meta({ description: 'The username of the referenced user.', examples: ['bob', null] }),
    timestamp: Time.meta({ description: 'The time of posting; it never changes.' }),
    user: z.string().meta({ description: 'The username of the author.', examples: ['alice'] }),
    editedAt: Time.nullable().meta({
      description: 'The time of the last edit; null before the first one.',
      examples: [null, '2026-11-24T10:05:00.000Z'],
    }),
  })
  .meta({ id: 'Micropost' })

/** A post as read from the database; `author` and `referenced` are usernames. */
export type PostRow = {
  id: string
  text: string
  createdAt: Date
  editedAt: Date | null
  version: number
  author: string
  referenced: string | null
}

/** The URL of a post; `origin` is scheme and host, such as `https://host`. */
export const postHref = (origin: string, row: PostRow) =>
  `${userHref(origin, row.author)}/collection/${row.id}`

/** A strong ETag (RFC 9110, section 8.8.3): every change of the representation increments the version. */
export const postETag = (row: PostRow) => `"${row.version}"`

/** The post of a response. */
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
