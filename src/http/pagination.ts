// Keyset pagination: the query of a list, and the response with its `Link` to the next page (RFC 8288).
import { validate as isUuid } from 'uuid'
import { z } from 'zod'
import { defaultLimit, type Slice } from '../keyset.ts'
import { text } from './fields.ts'

const maxLimit = 100

/** The query of a list. The cursor is an id in base64url: opaque to clients, but validated. */
export const PageQuery = z.object({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, `must be a whole number from 1 to ${maxLimit}`)
    .transform(Number)
    .refine((limit) => limit <= maxLimit, `must be a whole number from 1 to ${maxLimit}`)
    .default(defaultLimit)
    .meta({
      description: 'The maximum number of items.',
      type: 'integer',
      minimum: 1,
      maximum: maxLimit,
      format: 'int32',
      default: defaultLimit,
    }),
  cursor: z
    .string()
    .transform(decodeCursor)
    .refine((id) => id !== undefined, 'must be a cursor from a Link header')
    .optional()
    .meta({
      description: 'The start of the page, from the `Link` of the previous page.',
      type: 'string',
      maxLength: 22,
      examples: ['AZqz8HwefTqPXgsqTG2OEA'],
    }),
})

/** For the description of a search. */
export const shortPages =
  'A page may have fewer items than `limit`, even none, although there are more: follow its `Link` until there is none.'

/** The query of a list with search. An empty search returns the unfiltered list. */
export const SearchQuery = PageQuery.extend({
  search: text(0, 255)
    .optional()
    .meta({ description: 'The words to search for.', examples: ['rabbit hole'] }),
})

/** Declares the reply of a list. */
export function listReply<const B extends z.ZodArray>(description: string, body: B) {
  const optionalHeaders = { Link: 'The next page, `rel="next"`, if there is one' }
  return { description, body: body.max(maxLimit), optionalHeaders }
}

/** The response of a list: its rows as the client sees them, and the link to the next page. */
export function listResponse<Row, Item>(
  { origin, url }: { origin: string; url: string },
  { rows, next }: Slice<Row>,
  present: (row: Row, origin: string) => Item,
) {
  return {
    status: 200,
    headers: { Link: nextLink({ origin, url }, next) },
    body: rows.map((row) => present(row, origin)),
  } as const
}

function nextLink({ origin, url }: { origin: string; url: string }, next: string | undefined) {
  if (next === undefined) return undefined
  const link = new URL(url, origin)
  link.searchParams.set('cursor', encodeCursor(next))
  return `<${link.href}>; rel="next"`
}

const encodeCursor = (id: string): string => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')

function decodeCursor(cursor: string): string | undefined {
  const hex = Buffer.from(cursor, 'base64url').toString('hex')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  // Only the canonical encoding is valid: decoders ignore characters that do not belong to the alphabet.
  return isUuid(id) && encodeCursor(id) === cursor ? id : undefined
}
