// The response to a request that is not admitted. It bypasses Koa, because a rejection must cost almost nothing.
import { corsHeaders } from '../headers/cors.ts'
import { chooseRequestId } from '../headers/request-id.ts'
import { securityHeaders } from '../headers/security.ts'
import { problemBody, problemMediaType, problems } from '../problems/problem-types.ts'
import type { Handle } from './one-at-a-time.ts'

const { status } = problems.overloaded
const longestRetrySeconds = 3

/** Spreads the retries over some seconds, so that those who were rejected together do not return together. */
export function createRejection(corsOrigins: readonly string[]): Handle {
  return ({ headers, method }, response) => {
    const instance = chooseRequestId(headers['x-request-id'])
    const seconds = Math.ceil(Math.random() * longestRetrySeconds)
    const body = problemBody('overloaded', {
      detail: `The service is overloaded. Try again in ${seconds} s.`,
      instance,
    })
    response.writeHead(status, {
      ...securityHeaders,
      ...corsHeaders(corsOrigins, headers.origin),
      'X-Request-Id': instance,
      'Cache-Control': 'no-store',
      'Retry-After': seconds,
      'Content-Type': problemMediaType,
      'Content-Length': Buffer.byteLength(body),
    })
    response.end(method === 'HEAD' ? undefined : body)
  }
}
