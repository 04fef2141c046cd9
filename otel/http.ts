// Measures every node:http server in the process with instrumentation-http, which records http.server.request.duration.
import { errorMonitor } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { Attributes } from '@opentelemetry/api'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { type DescribedRequest, knownMethod, recordedStatus } from '../lib/http-attributes.ts'

/** Servers whose requests are not the service's, such as the pull endpoint's. */
export const unmeasuredServers = new WeakSet<object>()

/**
 * The request and response that are recorded next. The package calls its hook, and emits the error of a response, in the
 * same tick in which it records, so no context manager is needed to find them.
 */
let ended: { request: DescribedRequest; response: ServerResponse } | undefined

/** Needs the global meter provider, with `describeRequest` as the attributes of http.server.request.duration. */
export function instrumentHttp() {
  new HttpInstrumentation({
    disableOutgoingRequestInstrumentation: true,
    ignoreIncomingRequestHook: ({ socket }) => {
      const { server } = socket as typeof socket & { server?: Server }
      return server !== undefined && unmeasuredServers.has(server)
    },
    // The package records the error of a response without calling the hook below.
    responseHook: (_span, response) => {
      const { req: request } = response as ServerResponse
      response.on(errorMonitor, () => {
        ended = { request, response: response as ServerResponse }
      })
    },
    applyCustomAttributesOnSpan: (_span, request, response) => {
      ended = { request: request as IncomingMessage, response: response as ServerResponse }
    },
  })
  // The package patches what require() loads: the prototype of the servers, which `import` shares.
  const require = createRequire(import.meta.url)
  require('node:http')
  require('node:https')
}

/**
 * The attributes of http.server.request.duration, all of them from closed sets. The package's own have no route, no status
 * for a client that disconnected, and the methods and versions that clients invent.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
export function describeRequest(recorded: Attributes = {}): Attributes {
  const { request, response } = ended ?? {}
  ended = undefined
  // Without a response, the handler threw before it responded.
  const status = response ? recordedStatus(response) : 500
  const route = request && routeOf(request)
  const { protocol } = request ?? {}
  return {
    'http.request.method': knownMethod(request?.method ?? String(recorded['http.request.method'])),
    'http.response.status_code': status,
    'url.scheme': protocol === 'http' || protocol === 'https' ? protocol : recorded['url.scheme'],
    // Node's parser also accepts 0.9 and 2.0, and responds with 1.1.
    'network.protocol.version': recorded['network.protocol.version'] === '1.0' ? '1.0' : '1.1',
    ...(route && { 'http.route': route }),
    ...(status >= 500 && { 'error.type': String(status) }),
  }
}

function routeOf({ route, baseUrl }: DescribedRequest): string | undefined {
  if (typeof route === 'string') return route
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined
  return typeof route.path === 'string' ? `${baseUrl ?? ''}${route.path}` : undefined
}
