// An endpoint's declaration as an operation of the OpenAPI document.
import type { RouteConfig } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import type { Endpoint, Reply } from '../endpoint.ts'
import { IfNoneMatch } from '../headers/conditional-requests.ts'
import { mediaTypes } from '../headers/content-negotiation.ts'
import { headerName } from '../input.ts'
import { generalHeaders, ownHeaders } from './headers.ts'
import { failures } from './problems.ts'

export function operation(endpoint: Endpoint): RouteConfig {
  const { method, path, auth, summary, tag, params, query, body } = endpoint
  const headers = headerParameters(endpoint)
  return {
    method: method.toLowerCase() as Lowercase<typeof method>,
    path: path.replace(/:(\w+)/g, '{$1}'),
    operationId: operationId(endpoint),
    summary,
    description: [endpoint.description, audience[auth]].filter((part) => part).join(' '),
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
    responses: { ...successes(endpoint), ...failures(endpoint) },
  }
}

/** `GET /api/users/:username` is `getUsersUsername`: unique, and the same as long as the path is. */
function operationId({ method, path }: Endpoint): string {
  const words = path.replace(/^\/api(?=\/)/, '').match(/[A-Za-z]+/g) ?? ['index']
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

const audience = {
  none: 'Open to anyone.',
  user: 'Needs a token.',
  owner: 'Only the user that the path names may do this.',
}

function headerParameters({ headers, replies }: Endpoint) {
  const shape = { ...headers?.shape, ...(replies[304] && { 'if-none-match': IfNoneMatch }) }
  const named = Object.entries(shape).map(([name, schema]) => [headerName(name), schema])
  return named.length > 0 ? z.object(Object.fromEntries(named)) : undefined
}

function successes({ path, replies }: Endpoint): RouteConfig['responses'] {
  return Object.fromEntries(Object.entries(replies).map(([status, reply]) => [status, success(path, reply)]))
}

function success(path: string, reply: Reply) {
  const { description, body, headers, optionalHeaders } = reply
  return {
    description,
    headers: { ...ownHeaders(headers, true), ...ownHeaders(optionalHeaders, false), ...generalHeaders(path) },
    ...(body && { content: Object.fromEntries(mediaTypes(reply).map((type) => [type, { schema: body }])) }),
  }
}
