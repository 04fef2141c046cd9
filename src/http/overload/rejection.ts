// The response to a request that is not admitted. A rejection must cost almost nothing: it bypasses Koa, and its text is
// prepared.
import { corsHeaders } from '../headers/cors.ts'
import { chooseRequestId } from '../headers/request-id.ts'
import { securityHeaders } from '../headers/security.ts'
import { problemBody, problemMediaType, problems } from '../problems/problem-types.ts'
import type { Handle } from './one-at-a-time.ts'

const { status } = problems.overloaded
const longestRetrySeconds = 3

/** Spreads the retries over some seconds, so that those who were rejected together do not return together. */
export function createRejection(corsOrigins: readonly string[]): Handle {
  const prepared = Array.from({ length: longestRetrySeconds }, (_, index) => prepare(index + 1))
  let next = 0
  return ({ headers, method }, response) => {
    const { fixedHeaders, body } = prepared[next++ % longestRetrySeconds] ?? prepare(longestRetrySeconds)
    const instance = chooseRequestId(headers['x-request-id'])
    const text = body(instance)
    const sent = [...fixedHeaders, 'X-Request-Id', instance, 'Content-Length', String(text.length)]
    if (corsOrigins.length > 0) sent.push(...pairs(corsHeaders(corsOrigins, headers.origin)))
    response.writeHead(status, sent)
    // The text is ASCII; Node writes it together with the headers in this encoding.
    response.end(method === 'HEAD' ? undefined : text, 'latin1')
  }
}

function prepare(retrySeconds: number) {
  const detail = `The service is overloaded. Try again in ${retrySeconds} s.`
  const [before, after] = problemBody('overloaded', { detail, instance: '\n' }).split('\\n')
  const fixedHeaders = pairs({
    ...securityHeaders,
    'Cache-Control': 'no-store',
    'Retry-After': String(retrySeconds),
    'Content-Type': problemMediaType,
  })
  return { fixedHeaders, body: (instance: string) => `${before}${instance}${after}` }
}

/** Names and values in turn, which Node sends as they are. */
const pairs = (headers: Readonly<Record<string, string>>) => Object.entries(headers).flat()
