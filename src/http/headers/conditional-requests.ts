// Conditional requests (RFC 9110, section 13): what `If-None-Match` and `If-Match` ask of an entity tag.
import fresh from 'fresh'
import { z } from 'zod'
import type { Context } from '../context.ts'

/** An element of a list of entity tags (sections 5.6.1 and 8.8.3); an element may be empty. */
const element = /[ \t]*(?:((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/gy

/**
 * `If-Match`: the strong tags that it lists, without their quotes; undefined where it is absent or `*`, which
 * holds for whatever exists. A weak tag never matches here (section 13.1.1).
 */
export const IfMatch = z
  .string()
  .transform((header, ctx) => {
    if (header === '*') return undefined
    const tags = parseTags(header)
    if (!tags) ctx.addIssue({ code: 'custom', message: 'must be * or a list of entity tags, such as "1"' })
    return tags?.filter((tag) => tag.startsWith('"')).map((tag) => tag.slice(1, -1))
  })
  .optional()
  .meta({
    description: 'Do it only if the ETag is one of these, so that nobody else’s change is overwritten.',
    type: 'string',
    examples: ['"1"'],
  })

/** `If-None-Match`, in the documentation alone: one that is no list of tags names none. */
export const IfNoneMatch = z
  .string()
  .optional()
  .meta({
    description: 'Answer 304 without a body if the ETag is one of these.',
    examples: ['"1"'],
  })

function parseTags(header: string): string[] | undefined {
  const elements = [...header.matchAll(element)]
  const parsed = elements.reduce((length, [text]) => length + text.length, 0)
  const tags = elements.flatMap(([, tag]) => tag ?? [])
  return parsed === header.length && tags.length > 0 ? tags : undefined
}

/**
 * Whether the client has the representation with this `ETag` already, by `If-None-Match`, whose comparison is
 * weak; one that is no list of tags names none. `Cache-Control` is kept from `fresh`: it takes `no-cache` for a
 * wish to reload, but every `fetch` sends that beside an `If-None-Match` of its caller's.
 */
export function isNotModified(ctx: Context, etag: string | undefined): boolean {
  return etag !== undefined && fresh({ 'if-none-match': ctx.get('If-None-Match') }, { etag })
}
