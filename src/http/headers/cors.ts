import koaCors from '@koa/cors'
import type { Middleware } from '../context.ts'

/** The response headers that scripts of other origins may read, besides the CORS-safelisted ones. */
const exposedHeaders = [
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
]

/** Allows scripts of these origins to call the API (CORS); `*` allows every origin. */
export function cors(origins: readonly string[]): Middleware {
  return koaCors({
    origin: (ctx) => allowedOrigin(origins, ctx.get('Origin')),
    exposeHeaders: exposedHeaders,
    // The problem handler keeps the headers that are already set, so error responses have them anyway.
    keepHeadersOnError: false,
    maxAge: 600,
  })
}

/** The same headers for a response that is sent past the middleware. */
export function corsHeaders(origins: readonly string[], origin = ''): Record<string, string> {
  const allowed = allowedOrigin(origins, origin)
  if (origins.length === 0) return {}
  if (origin === '' || allowed === '') return { Vary: 'Origin' }
  return {
    Vary: 'Origin',
    'Access-Control-Allow-Origin': allowed,
    'Access-Control-Expose-Headers': exposedHeaders.join(','),
  }
}

function allowedOrigin(origins: readonly string[], origin: string): string {
  return origins.includes('*') ? '*' : (origins.find((allowed) => allowed === origin) ?? '')
}
