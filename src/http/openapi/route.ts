// The route of the OpenAPI document.
import { z } from 'zod'
import { type Endpoint, type Route, route } from '../endpoint.ts'

const documentEndpoint = {
  method: 'GET',
  path: '/openapi.json',
  auth: 'none',
  summary: 'Get this document',
  tag: 'Documentation',
  replies: {
    200: {
      description: 'OpenAPI 3.1',
      type: 'application/json',
      body: z
        .custom<string>()
        .meta({ type: 'object', properties: {}, additionalProperties: {}, examples: [{ openapi: '3.1.0' }] }),
    },
  },
} as const satisfies Endpoint

/**
 * The route of the document, which describes these routes and itself. `tags` maps each tag to its description. The first
 * request generates it: most processes never need it, and it takes a tenth of the start.
 */
export function openApiRoute(routes: readonly Route[], tags: Readonly<Record<string, string>>): Route {
  const endpoints = [...routes.map(({ endpoint }) => endpoint), documentEndpoint]
  const headers = { 'Content-Type': 'application/json; charset=utf-8' }
  let body: Promise<string> | undefined
  return route(documentEndpoint, async () => {
    body ??= generate(endpoints, tags)
    return { status: 200, headers, body: await body }
  })
}

async function generate(endpoints: Endpoint[], tags: Readonly<Record<string, string>>): Promise<string> {
  const { openApiDocument } = await import('./document.ts')
  return JSON.stringify(openApiDocument(endpoints, tags))
}
