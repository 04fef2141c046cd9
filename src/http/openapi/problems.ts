// The error responses of an endpoint in the OpenAPI document, derived from its declaration.
import type { RouteConfig } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import type { ErrorCode } from '../../errors.ts'
import type { Endpoint } from '../endpoint.ts'
import { problemBody, problemMediaType, problems } from '../problems/problem-types.ts'
import { generalHeaders, references, type SharedHeader } from './headers.ts'

const Fault = z.object({
  detail: z.string(),
  pointer: z.string().optional().meta({ description: 'The place in the body: a JSON pointer (RFC 6901).' }),
  parameter: z.string().optional().meta({ description: 'The query parameter.' }),
  header: z.string().optional().meta({ description: 'The header.' }),
})

const ProblemDetails = z
  .object({
    type: z.string().meta({ description: 'The path of a page about this kind of problem.' }),
    title: z.string(),
    status: z.int().min(400).max(599).meta({ format: 'int32' }),
    detail: z.string().meta({ description: 'What is wrong with this request.' }),
    instance: z.string().meta({ description: 'The request id.' }),
    errors: z.array(Fault).max(100).optional().meta({ description: 'All faults of the input.' }),
  })
  .meta({ id: 'Problem', description: 'An error response (RFC 9457).' })

/** An example of each kind of problem that these endpoints can have, by its code. */
export function problemExamples(endpoints: readonly Endpoint[]) {
  const codes = new Set(endpoints.flatMap((endpoint) => [...possibleProblems(endpoint)]))
  return Object.fromEntries([...codes].map((code) => [code, problemExample(code)]))
}

function problemExample(code: ErrorCode) {
  const { title, explanation } = problems[code]
  const body = problemBody(code, {
    detail: 'What is wrong with this request.',
    instance: 'db3ef26b-0db3-4b1e-8edf-88c11b825b63',
    faults: code === 'invalid-input' ? [{ detail: 'must not be blank', pointer: '/text' }] : undefined,
  })
  return { summary: title, description: explanation, value: JSON.parse(body) }
}

/** The problems that an endpoint can have: those it declares, and those that follow from its declaration. */
export function possibleProblems(endpoint: Endpoint): Set<ErrorCode> {
  const { api, auth, rateLimit, params, query, headers, body, replies, problems: own = [] } = endpoint
  const readsToken = api || auth !== 'none'
  const codes: ErrorCode[] = ['malformed-request', 'internal-error', ...own]
  if (Object.values(replies).some((reply) => reply.body)) codes.push('not-acceptable')
  if (readsToken) codes.push('unauthenticated')
  if (api || rateLimit) codes.push('rate-limited')
  if (readsToken) codes.push('unavailable', 'overloaded')
  if (auth === 'owner') codes.push('forbidden')
  if (query || headers || body) codes.push('invalid-input')
  if (body) codes.push('unsupported-media-type', 'content-too-large')
  if (params) codes.push('not-found')
  return new Set(codes)
}

/** The error responses by status; several problems can share a status. */
export function errorResponses(endpoint: Endpoint): RouteConfig['responses'] {
  const byStatus = Map.groupBy(possibleProblems(endpoint), (code) => problems[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, errorResponse(endpoint, status, codes)]),
  )
}

/** Outside /api, browsers get a page with the same status. */
const page = {
  'text/html; charset=utf-8': { schema: z.string().meta({ examples: ['<!doctype html>…'] }) },
}

function errorResponse(endpoint: Endpoint, status: number, codes: ErrorCode[]) {
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])
  return {
    description: codes.map((code) => problems[code].title).join(', or: '),
    headers: { ...generalHeaders(endpoint), ...references('Cache-Control', ...(errorHeaders[status] ?? [])) },
    content: {
      [problemMediaType]: { schema: ProblemDetails, examples: Object.fromEntries(examples) },
      ...(!endpoint.api && page),
    },
  }
}

/** Additional headers of the error responses with a status. */
const errorHeaders: Readonly<Record<number, SharedHeader[]>> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  415: ['Accept-Encoding'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}
