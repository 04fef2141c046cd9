// Response headers in the OpenAPI document. Headers of many responses are components, which the responses reference.
import type { Endpoint } from '../endpoint.ts'

const text = { type: 'string' as const }
const count = { type: 'integer' as const, format: 'int32', minimum: 0, maximum: 2 ** 31 - 1 }

export const sharedHeaders = {
  'X-Request-Id': {
    description: 'The request id: the client’s, if it sent a valid one.',
    required: true,
    schema: text,
  },
  'RateLimit-Limit': {
    description: 'How many requests per window the tightest rate limit allows.',
    schema: count,
  },
  'RateLimit-Remaining': { description: 'How many requests remain in this window.', schema: count },
  'RateLimit-Reset': { description: 'Seconds until the window ends.', schema: count },
  'Cache-Control': {
    description: '`no-store`: the response must not be cached.',
    required: true,
    schema: text,
  },
  'WWW-Authenticate': { description: 'The challenge, `Bearer` (RFC 6750).', required: true, schema: text },
  'Accept-Encoding': { description: '`identity`, if the body had a Content-Encoding.', schema: text },
  'Retry-After': { description: 'Seconds to wait before the next attempt.', schema: count },
}

export type SharedHeader = keyof typeof sharedHeaders

export function references(...names: SharedHeader[]) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

/** The headers of every response of an endpoint. */
export function generalHeaders({ api, rateLimit }: Endpoint) {
  return {
    ...references('X-Request-Id'),
    ...((api || rateLimit) && references('RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset')),
  }
}

/** The headers that a reply declares, by name with a description each. */
export function ownHeaders(headers: Readonly<Record<string, string>> = {}, required: boolean) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, required, schema: text }]),
  )
}
