// Conditional requests: `If-Match` and `If-None-Match` (RFC 9110, section 13).
import fresh from 'fresh'
import type { Context } from '../context.ts'
import { anyText } from '../fields.ts'

/** One element of a list of entity tags (sections 5.6.1 and 8.8.3). Elements may be empty. */
const element = /[ \t]*(?:((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/gy

/**
 * `If-Match` as an array of its strong tags without quotes, or undefined if it is absent or `*`, because both match any
 * existing resource. Weak tags never match (section 13.1.1).
 */
export const IfMatch = anyText
  .transform((header, ctx) => {
    if (header === '*') return undefined
    const tags = parseTags(header)
    if (!tags) ctx.addIssue({ code: 'custom', message: 'must be * or a list of entity tags, such as "1"' })
    return tags?.filter((tag) => tag.startsWith('"')).map((tag) => tag.slice(1, -1))
  })
  .optional()
  .meta({
    description:
      'Make the change only if the ETag is one of these. Prevents overwriting somebody else’s change.',
    type: 'string',
    maxLength: 16_384,
    examples: ['"1"'],
  })

/** `If-None-Match` for the OpenAPI document. It is not validated: a malformed value matches nothing. */
export const IfNoneMatch = anyText.optional().meta({
  description: 'Respond with 304 and no body if the ETag is one of these.',
  examples: ['"1"'],
})

function parseTags(header: string): string[] | undefined {
  const elements = [...header.matchAll(element)]
  const parsed = elements.reduce((length, [text]) => length + text.length, 0)
  const tags = elements.flatMap(([, tag]) => tag ?? [])
  return parsed === header.length && tags.length > 0 ? tags : undefined
}

/**
 * Whether `If-None-Match` matches this `ETag`, by weak comparison. `fresh` does not see `Cache-Control`, because it would
 * treat `no-cache` as a reload, and `fetch` always sends that along with a caller's `If-None-Match`.
 */
export function isNotModified(ctx: Context, etag: string | undefined): boolean {
  const { 'if-none-match': tags } = ctx.req.headers
  return etag !== undefined && tags !== undefined && fresh({ 'if-none-match': tags }, { etag })
}
