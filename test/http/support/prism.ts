// Prism as a proxy that validates requests and responses against the OpenAPI document of the service.
import { getHttpOperationsFromSpec } from '@stoplight/prism-http'
import { createServer } from '@stoplight/prism-http-server'

const silent = () => {}
const logger = {
  child: () => logger,
  ...{
    trace: silent,
    debug: silent,
    info: silent,
    success: silent,
    warn: silent,
    error: silent,
    fatal: silent,
  },
}

/** Starts a proxy before the service at `upstream`. It adds violations to responses, in the header `sl-violations`. */
export async function startPrism(upstream: string) {
  const operations = await getHttpOperationsFromSpec(new URL('/openapi.json', upstream).href)
  const server = createServer(operations, {
    components: { logger: logger as never },
    cors: false,
    config: {
      isProxy: true,
      upstream: new URL(upstream),
      upstreamProxy: undefined,
      // An invalid request must reach the service, whose response counts.
      validateRequest: true,
      validateResponse: true,
      checkSecurity: false,
      errors: false,
      mock: { dynamic: false },
    },
  })
  return { url: await server.listen(0, '127.0.0.1'), close: server.close }
}
