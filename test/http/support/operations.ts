// Reads the operations of a service from its OpenAPI document.
import { call, type Json, type Target } from '../../../harness/http/client.ts'
import type { Auth } from '../../../src/http/endpoint.ts'

/** The subset of JSON Schema that the document uses. */
export type Schema = {
  $ref?: string
  type?: string | string[]
  pattern?: string
  enum?: unknown[]
  const?: unknown
  examples?: unknown[]
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  properties?: Record<string, Schema>
  required?: string[]
}
export type Parameter = { name: string; in: 'path' | 'query' | 'header'; schema: Schema }

export type Operation = {
  /** `PUT /api/users/{username}`. */
  name: string
  method: string
  path: string
  auth: Auth
  parameters: Parameter[]
  body: Schema | undefined
}

export async function readOperations(target: Target): Promise<{ document: Json; operations: Operation[] }> {
  const { body: document } = await call(target, 'GET', '/openapi.json')
  const operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, declared]) => operation(document, path, method, declared)),
  )
  return { document, operations }
}

function operation(document: Json, path: string, verb: string, declared: Json): Operation {
  const { security, responses, parameters = [], requestBody } = declared
  const method = verb.toUpperCase()
  return {
    name: `${method} ${path}`,
    method,
    path,
    auth: security.length === 0 ? 'none' : '403' in responses ? 'owner' : 'user',
    parameters,
    body: requestBody && resolve(document, requestBody.content['application/json'].schema),
  }
}

/** Resolves a reference to `#/components/schemas/…`. */
function resolve(document: Json, schema: Schema): Schema {
  return schema.$ref === undefined ? schema : document.components.schemas[schema.$ref.split('/').at(-1) ?? '']
}
