// The possible combinations of method, route and status in the metrics.
import { httpMethods } from '../../lib/http-attributes.ts'
import type { ErrorCode } from '../../src/errors.ts'
import type { Endpoint } from '../../src/http/endpoint.ts'
import { possibleProblems } from '../../src/http/openapi/problems.ts'
import { problems } from '../../src/http/problems/problem-types.ts'
import type { RequestOutcome } from '../../src/metrics/instruments.ts'
import { createRoutes, type Services } from '../../src/routes.ts'

/** Returns every combination that the service's route declarations allow, each once. */
export function possibleOutcomes(): RequestOutcome[] {
  // Declarations do not need the services; only handlers do, and none is called.
  const routes = createRoutes({} as Services)
  return [...routes.flatMap(({ endpoint }) => withRoute(endpoint)), ...withoutRoute()]
}

/** Statuses of any request: the client disconnects, the handler fails, the service is unavailable. */
const always = [499, 500, 503]

function withRoute(endpoint: Endpoint): RequestOutcome[] {
  const { method, path, body, replies } = endpoint
  // A malformed Host is rejected before routing. After it, only a body can be malformed.
  const rejections = [...possibleProblems(endpoint)].filter((code) => body || code !== 'malformed-request')
  const statuses = [...Object.keys(replies).map(Number), ...statusesOf(rejections), ...always]
  const named = method === 'GET' ? ['GET', 'HEAD'] : [method]
  return named.flatMap((name) => outcomes(name, path, statuses))
}

/** Requests that are rejected before routing or match no route, and OPTIONS, which works for every path. */
function withoutRoute(): RequestOutcome[] {
  const rejected = statusesOf(['malformed-request', 'not-found', 'method-not-allowed'])
  const options = [204, ...statusesOf(['malformed-request', 'not-found', 'unauthenticated', 'rate-limited'])]
  return httpMethods.flatMap((method) =>
    outcomes(method, undefined, [...(method === 'OPTIONS' ? options : rejected), ...always]),
  )
}

const statusesOf = (codes: Iterable<ErrorCode>) => Array.from(codes, (code) => problems[code].status)

const outcomes = (method: string, route: string | undefined, statuses: number[]): RequestOutcome[] =>
  [...new Set(statuses)].map((status) => ({ method, route, status }))
