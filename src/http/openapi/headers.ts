// The headers of answers in the OpenAPI document: those that many have, once, and references to them.
import { isApi } from '../endpoint.ts'

const text = { type: 'string' as const }
const count = { type: 'integer' as const, minimum: 0 }

/** Those with `required` are always there. */
export const sharedHeaders = {
  'X-Request-Id': {
    description: 'The id of the request: the client’s own where it sent one that could be kept.',
    required: true,
    schema: text,
  },
  'RateLimit-Limit': {
    description: 'How many requests the nearest limit allows in its window.',
    schema: count,
  },
  'RateLimit-Remaining': { description: 'How many of them are left.', schema: count },
  'RateLimit-Reset': { description: 'The seconds until all of them are there again.', schema: count },
  'Cache-Control': { description: '`no-store`: nobody may keep the answer.', required: true, schema: text },
  'WWW-Authenticate': { description: 'The challenge, `Bearer` (RFC 6750).', required: true, schema: text },
  'Accept-Encoding': { description: '`identity`, where the body was encoded.', schema: text },
  'Retry-After': { description: 'The seconds to wait.', schema: count },
}

export type SharedHeader = keyof typeof sharedHeaders

/** References to shared headers. */
export function references(...names: SharedHeader[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

/** What every answer at a path carries. */
export function generalHeaders(path: string) {
  return {
    ...references('X-Request-Id'),
    ...(isApi(path) && references('RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset')),
  }
}

/** An endpoint's own headers, by name with a description each. */
export function ownHeaders(headers: Readonly<Record<string, string>> = {}, required: boolean) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, required, schema: text }]),
  )
}
