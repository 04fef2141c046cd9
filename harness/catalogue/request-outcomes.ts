// Every request and answer that metrics can tell apart: which method, route and status go together.

import type { ErrorCode } from '../../src/errors.ts'
import type { Endpoint } from '../../src/http/endpoint.ts'
import { possibleProblems } from '../../src/http/openapi/problems.ts'
import { problems } from '../../src/http/problems/problem-types.ts'
import { methods } from '../../src/metrics/catalogue.ts'
import type { RequestOutcome } from '../../src/metrics/instruments.ts'
import { createRoutes, type Services } from '../../src/routes.ts'

/** All that the service's declarations allow, each once. */
export function possibleOutcomes(): RequestOutcome[] {
  // A declaration stands without what its handler calls, and no handler is called.
  const routes = createRoutes({} as Services)
  return [...routes.flatMap(({ endpoint }) => withRoute(endpoint)), ...withoutRoute()]
}

/** Of any request: its client goes away, its answer breaks off, the service cannot answer it. */
const always = [499, 500, 503]

function withRoute(endpoint: Endpoint): RequestOutcome[] {
  const { method, path, body, replies } = endpoint
  // A malformed Host is refused before the route is known: behind it only a body can be malformed.
  const refusals = [...possibleProblems(endpoint)].filter((code) => body || code !== 'malformed-request')
  const statuses = [...Object.keys(replies).map(Number), ...statusesOf(refusals), ...always]
  const named = method === 'GET' ? ['GET', 'HEAD'] : [method]
  return named.flatMap((name) => outcomes(name, path, statuses))
}

/** What is refused before its route is known, or has none; and OPTIONS, which every path answers. */
function withoutRoute(): RequestOutcome[] {
  const refused = statusesOf(['malformed-request', 'not-found', 'method-not-allowed'])
  const options = [204, ...statusesOf(['malformed-request', 'not-found', 'unauthenticated', 'rate-limited'])]
  return methods.flatMap((method) =>
    outcomes(method, undefined, [...(method === 'OPTIONS' ? options : refused), ...always]),
  )
}

const statusesOf = (codes: Iterable<ErrorCode>) => Array.from(codes, (code) => problems[code].status)

const outcomes = (method: string, route: string | undefined, statuses: number[]): RequestOutcome[] =>
  [...new Set(statuses)].map((status) => ({ method, route, status }))
