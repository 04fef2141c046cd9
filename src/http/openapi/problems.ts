// The failures of an endpoint in the OpenAPI document; they follow from its declaration.
import type { RouteConfig } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import type { ErrorCode } from '../../errors.ts'
import { type Endpoint, isApi } from '../endpoint.ts'
import { problemBody, problemMediaType, problems } from '../problems/problem-types.ts'
import { generalHeaders, references, type SharedHeader } from './headers.ts'

const Fault = z.object({
  detail: z.string(),
  pointer: z.string().optional().meta({ description: 'Where in the body: a JSON pointer (RFC 6901).' }),
  parameter: z.string().optional().meta({ description: 'Which parameter of the query.' }),
  header: z.string().optional().meta({ description: 'Which header.' }),
})

const ProblemDetails = z
  .object({
    type: z.string().meta({ description: 'A path with a page about this kind of problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: 'What is wrong with this request.' }),
    instance: z.string().meta({ description: 'The request id.' }),
    errors: z.array(Fault).optional().meta({ description: 'Every fault of the input at once.' }),
  })
  .meta({ id: 'Problem', description: 'A failure (RFC 9457).' })

/** A problem of each kind that these endpoints may answer with, by its code. */
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

/** The problems that an endpoint may answer with; those of its own are in its declaration, the others follow from it. */
export function possibleProblems(endpoint: Endpoint): Set<ErrorCode> {
  const { path, auth, params, query, headers, body, replies, problems: own = [] } = endpoint
  const codes: ErrorCode[] = ['malformed-request', 'internal-error', ...own]
  if (Object.values(replies).some((reply) => reply.body)) codes.push('not-acceptable')
  if (isApi(path)) codes.push('unauthenticated', 'rate-limited', 'unavailable')
  if (auth === 'owner') codes.push('forbidden')
  if (query || headers || body) codes.push('invalid-input')
  if (body) codes.push('unsupported-media-type', 'content-too-large')
  if (params) codes.push('not-found')
  return new Set(codes)
}

/** The failures by status, each with the problems that it may be. */
export function failures(endpoint: Endpoint): RouteConfig['responses'] {
  const byStatus = Map.groupBy(possibleProblems(endpoint), (code) => problems[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, failure(endpoint, status, codes)]),
  )
}

function failure({ path }: Endpoint, status: number, codes: ErrorCode[]) {
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])
  return {
    description: codes.map((code) => problems[code].title).join(', or: '),
    headers: { ...generalHeaders(path), ...references('Cache-Control', ...(failureHeaders[status] ?? [])) },
    content: { [problemMediaType]: { schema: ProblemDetails, examples: Object.fromEntries(examples) } },
  }
}

/** What the failures of a status carry besides. */
const failureHeaders: Readonly<Record<number, SharedHeader[]>> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  415: ['Accept-Encoding'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}
