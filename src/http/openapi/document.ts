// The OpenAPI document (3.1), generated from the declarations that validate the requests.
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi'
import type { Endpoint } from '../endpoint.ts'
import { addExamples } from './examples.ts'
import { sharedHeaders } from './headers.ts'
import { operation } from './operation.ts'
import { problemExamples } from './problems.ts'

const description = `Accounts, short posts that may reference a user, follows and timelines.

**Requests.** Bodies are JSON or forms (\`application/x-www-form-urlencoded\`) in UTF-8, of at most 16 KiB. Unknown fields
are ignored. \`HEAD\` works wherever \`GET\` does. \`OPTIONS\` returns 204 with \`Allow\`. A method that the path does not
support gets 405 with \`Allow\`. Responses and the log contain your \`X-Request-Id\`, if it has 1 to 128 characters of
\`A-Z a-z 0-9 . _ -\`.

**Lists** are arrays, newest first. While there are more items, \`Link: <…>; rel="next"\` leads to the next page.

**Errors** are \`application/problem+json\` (RFC 9457), whatever \`Accept\` says. The \`type\` is the path of a page about the
problem. \`errors\` lists all faults of the input. Malformed HTTP gets 400, 408 or 431 in the same format.

**Rate limits** are shown in \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\`. A request beyond a limit
gets 429 with \`Retry-After\`.`

const bearer = {
  type: 'http' as const,
  scheme: 'bearer',
  description:
    'The `token` from `POST /api/login`. An invalid or expired token gets 401, even where none is required.',
}

/** `tags` maps each tag to its description. */
export function openApiDocument(endpoints: Endpoint[], tags: Readonly<Record<string, string>>) {
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
    servers: [{ url: '/', description: 'This service', 'x-internal': false }],
    tags: Object.entries(tags).map(([name, about]) => ({ name, description: about })),
  })
  return addExamples(document)
}
