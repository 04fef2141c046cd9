// The OpenAPI document (3.1), generated from the declarations that validate the requests.
import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import { type Endpoint, type Reply, type Route, route } from './endpoint.ts'
import { problems } from './problems.ts'

const ProblemDetails = z
  .object({
    type: z.string().meta({ description: 'A path with a page about this kind of problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'The request id.' }),
    errors: z
      .array(
        z.object({
          detail: z.string(),
          pointer: z.string().optional(),
          parameter: z.string().optional(),
          header: z.string().optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'A failure (RFC 9457).' })

const self = {
  method: 'GET',
  path: '/openapi.json',
  who: 'anyone',
  summary: 'This document',
  tag: 'Documentation',
  replies: { 200: { description: 'OpenAPI 3.1', body: z.looseObject({}) } },
} as const satisfies Endpoint

/** The route that serves the document of the given routes and of itself. */
export function openApiRoute(routes: readonly Route[]): Route {
  const document = { ...openApiDocument([...routes.map(({ endpoint }) => endpoint), self]) }
  return route(self, () => ({ status: 200, body: document }))
}

function openApiDocument(endpoints: Endpoint[]) {
  const registry = new OpenAPIRegistry()
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  for (const endpoint of endpoints) registry.registerPath(operation(endpoint))
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Microposts',
      version: '1',
      description: 'Accounts, short posts that may reference a user, follows and timelines.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
  })
}

function operation(endpoint: Endpoint): RouteConfig {
  const { method, path, who, summary, description, tag, params, query, headers, body } = endpoint
  return {
    method: method.toLowerCase() as Lowercase<typeof method>,
    path: path.replace(/:(\w+)/g, '{$1}'),
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z]+(.)/g, (_, letter) => letter.toUpperCase())}`,
    summary,
    ...(description && { description }),
    tags: [tag],
    security: who === 'anyone' ? [] : [{ bearer: [] }],
    request: {
      ...(params && { params }),
      ...(query && { query }),
      ...(headers && { headers }),
      ...(body && {
        body: {
          required: true,
          content: {
            'application/json': { schema: body },
            'application/x-www-form-urlencoded': { schema: body },
          },
        },
      }),
    },
    responses: { ...successes(endpoint), ...failures(endpoint) },
  }
}

const requestIdHeader = { 'X-Request-Id': 'The id of the request: the client’s own where it is a valid one' }

/** Every answer under `/api` may carry them. */
const limitHeaders = {
  'RateLimit-Limit': 'How many requests the nearest limit allows in its window',
  'RateLimit-Remaining': 'How many of them are left',
  'RateLimit-Reset': 'The seconds until all of them are there again',
}

function successes({ path, replies }: Endpoint): RouteConfig['responses'] {
  const general = generalHeaders(path)
  return Object.fromEntries(
    Object.entries(replies).map(([status, reply]) => [
      status,
      success({ ...reply, headers: { ...reply.headers, ...general } }),
    ]),
  )
}

const generalHeaders = (path: string) => ({
  ...requestIdHeader,
  ...(path.startsWith('/api/') && limitHeaders),
})

function success({ description, body, type = 'application/json', headers = {} }: Reply) {
  return {
    description,
    headers: described(headers),
    ...(body && { content: { [type]: { schema: body } } }),
  }
}

function described(headers: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' as const } },
    ]),
  )
}

/** What the failures of a status carry besides the headers of every answer. */
const failureHeaders: Readonly<Record<number, Record<string, string>>> = {
  401: { 'WWW-Authenticate': 'The challenge, `Bearer` (RFC 6750)' },
  429: { 'Retry-After': 'The seconds to wait' },
  503: { 'Retry-After': 'The seconds to wait' },
}

/** The problems that an endpoint may answer with, by status; they follow from its declaration. */
function failures(endpoint: Endpoint): RouteConfig['responses'] {
  const byStatus = Map.groupBy(possibleProblems(endpoint), (code) => problems[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => problems[code].title).join(', or: '),
        headers: described({ ...generalHeaders(endpoint.path), ...failureHeaders[status] }),
        content: { 'application/problem+json': { schema: ProblemDetails } },
      },
    ]),
  )
}

function possibleProblems({
  path,
  who,
  params,
  query,
  headers,
  body,
  replies,
  problems: own = [],
}: Endpoint): Set<ErrorCode> {
  const codes: ErrorCode[] = ['malformed-request', 'internal-error', ...own]
  if (Object.values(replies).some((reply) => reply.body)) codes.push('not-acceptable')
  if (path.startsWith('/api/')) codes.push('unauthenticated', 'rate-limited', 'unavailable')
  if (who === 'owner') codes.push('forbidden')
  if (query || headers || body) codes.push('invalid-input')
  if (body) codes.push('unsupported-media-type', 'content-too-large')
  if (params) codes.push('not-found')
  return new Set(codes)
}
