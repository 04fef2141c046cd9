// The OpenAPI document (3.1), generated from the declarations that validate the requests.
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi'
import { z } from 'zod'
import { type Endpoint, type Route, route } from '../endpoint.ts'
import { withExamples } from './examples.ts'
import { sharedHeaders } from './headers.ts'
import { operation } from './operation.ts'
import { problemExamples } from './problems.ts'

const description = `Accounts, short posts that may reference a user, follows and timelines.

**Requests.** Bodies are JSON or forms (\`application/x-www-form-urlencoded\`) in UTF-8 of at most 16 KiB; unknown fields are
ignored. \`HEAD\` works wherever \`GET\` does, \`OPTIONS\` answers 204 with \`Allow\`, and a method that a path lacks gets 405
with \`Allow\`. An \`X-Request-Id\` of 1 to 128 of \`A-Z a-z 0-9 . _ -\` is kept, for the answer and the log.

**Lists** are arrays, the newest first. \`Link: <…>; rel="next"\` leads to the next page while there is more.

**Failures** are \`application/problem+json\` (RFC 9457), whatever \`Accept\` says; each \`type\` is a path with a page about it.
Faults of the input come all at once, in \`errors\`. What never becomes a request gets 400, 408 or 431 in the same form.

**Limits** are told in \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\`; beyond one it is 429 with
\`Retry-After\`.`

const bearer = {
  type: 'http' as const,
  scheme: 'bearer',
  description:
    'The `token` that `POST /api/login` answers with. One that is not live gets 401, needed or not.',
}

const self = {
  method: 'GET',
  path: '/openapi.json',
  auth: 'none',
  summary: 'Read this document',
  tag: 'Documentation',
  replies: {
    200: { description: 'OpenAPI 3.1', body: z.looseObject({}).meta({ examples: [{ openapi: '3.1.0' }] }) },
  },
} as const satisfies Endpoint

/** The route that serves the document of the given routes and of itself; `tags` has what each section is about. */
export function openApiRoute(routes: readonly Route[], tags: Readonly<Record<string, string>>): Route {
  const document = { ...openApiDocument([...routes.map(({ endpoint }) => endpoint), self], tags) }
  return route(self, () => ({ status: 200, body: document }))
}

function openApiDocument(endpoints: Endpoint[], tags: Readonly<Record<string, string>>) {
  const registry = new OpenAPIRegistry()
  registry.registerComponent('securitySchemes', 'bearer', bearer)
  for (const [name, header] of Object.entries(sharedHeaders))
    registry.registerComponent('headers', name, header)
  for (const [code, example] of Object.entries(problemExamples(endpoints)))
    registry.registerComponent('examples', code, example)
  for (const endpoint of endpoints) registry.registerPath(operation(endpoint))
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Microposts',
      version: '1',
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This service' }],
    tags: Object.entries(tags).map(([name, about]) => ({ name, description: about })),
  })
  return withExamples(document)
}
