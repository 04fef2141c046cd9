// Translates the declaration of an endpoint to an operation of the OpenAPI document.
import type { RouteConfig } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import type { Endpoint, Reply } from '../endpoint.ts'
import { IfNoneMatch } from '../headers/conditional-requests.ts'
import { mediaTypes } from '../headers/content-negotiation.ts'
import { headerName } from '../input.ts'
import { generalHeaders, ownHeaders } from './headers.ts'
import { errorResponses } from './problems.ts'

export function operation(endpoint: Endpoint): RouteConfig {
  const { method, path, auth, summary, tag, params, query, body } = endpoint
  const headers = headerParameters(endpoint)
  return {
    method: method.toLowerCase() as Lowercase<typeof method>,
    path: path.replace(/:(\w+)/g, '{$1}'),
    operationId: operationId(endpoint),
    summary,
    description: [endpoint.description, access[auth]].filter((part) => part).join(' '),
    tags: [tag],
    security: auth === 'none' ? [] : [{ bearer: [] }],
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
    responses: { ...successResponses(endpoint), ...errorResponses(endpoint) },
  }
}

/** `GET /api/users/:username` becomes `getUsersUsername`. The id is stable: it changes only if the path does. */
function operationId({ method, path }: Endpoint): string {
  const words = path.replace(/^\/api(?=\/)/, '').match(/[A-Za-z]+/g) ?? ['index']
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

const access = {
  none: 'Open to anyone.',
  user: 'Requires a token.',
  owner: 'Only the user named in the path may do this.',
}

function headerParameters({ headers, replies }: Endpoint) {
  const shape = { ...headers?.shape, ...(replies[304] && { 'if-none-match': IfNoneMatch }) }
  const named = Object.entries(shape).map(([name, schema]) => [headerName(name), schema])
  return named.length > 0 ? z.object(Object.fromEntries(named)) : undefined
}

function successResponses(endpoint: Endpoint): RouteConfig['responses'] {
  return Object.fromEntries(
    Object.entries(endpoint.replies).map(([status, reply]) => [status, successResponse(endpoint, reply)]),
  )
}

function successResponse(endpoint: Endpoint, reply: Reply) {
  const { description, body, headers, optionalHeaders } = reply
  return {
    description,
    headers: {
      ...ownHeaders(headers, true),
      ...ownHeaders(optionalHeaders, false),
      ...generalHeaders(endpoint),
    },
    ...(body && { content: Object.fromEntries(mediaTypes(reply).map((type) => [type, { schema: body }])) }),
  }
}
