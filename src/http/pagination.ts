// How clients ask for the pages of a list and find the next one.
import { validate as isUuid } from 'uuid'
import { z } from 'zod'
import type { Slice } from '../keyset.ts'
import { text } from './fields.ts'

export const defaultLimit = 20
export const maxLimit = 100

/** The query of every list. The cursor is an id in base64url: opaque to clients, checked all the same. */
export const PageQuery = z.object({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, `must be a whole number from 1 to ${maxLimit}`)
    .transform(Number)
    .refine((limit) => limit <= maxLimit, `must be a whole number from 1 to ${maxLimit}`)
    .default(defaultLimit)
    .meta({
      description: 'How many at most.',
      type: 'integer',
      minimum: 1,
      maximum: maxLimit,
      default: defaultLimit,
    }),
  cursor: z
    .string()
    .transform(decodeCursor)
    .refine((id) => id !== undefined, 'must be a cursor that a Link header gave')
    .optional()
    .meta({
      description: 'Where the page starts; taken from the `Link` of the page before.',
      type: 'string',
      examples: ['AZqz8HwefTqPXgsqTG2OEA'],
    }),
})

/** The `Link` header of a page (RFC 8288): the same request, from the next row on; undefined on the last one. */
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
  // Only the exact spelling: base64url decoders pass over what does not belong.
  return isUuid(id) && encodeCursor(id) === cursor ? id : undefined
}

/** The same for a list that can be searched; an empty search is none. */
export const SearchQuery = PageQuery.extend({
  search: text(0, 255)
    .optional()
    .meta({ description: 'Words to look for.', examples: ['rabbit hole'] }),
})

/** The declaration of a page's reply. */
export function listReply<const B extends z.ZodArray>(description: string, body: B) {
  const optionalHeaders = { Link: 'The next page, `rel="next"`, while there is more' }
  return { description, body, optionalHeaders }
}

/** The reply with a page: its rows as the client sees them, and the link to the next one. */
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
