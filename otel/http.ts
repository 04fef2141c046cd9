// Measures every node:http server in the process with instrumentation-http, which records http.server.request.duration.
import { errorMonitor } from 'node:events'
import type { Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { type Attributes, diag, metrics } from '@opentelemetry/api'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { type DescribedRequest, knownMethod, recordedStatus } from '../lib/http-attributes.ts'
import { instrumentOptions } from '../lib/metric.ts'
import { recordEarlyResponsesWith } from '../lib/telemetry-status.ts'
import { requestDuration } from './catalogue.ts'

/** Servers whose requests are not the service's, such as the pull endpoint's. */
export const unmeasuredServers = new WeakSet<object>()

/**
 * The response whose request is recorded next. The package calls its hooks, emits the error of a response and runs the
 * handler in the same tick in which it records, so no context manager is needed to find the response.
 */
let recordedNext: ServerResponse | undefined

/** Needs the global meter provider, with `describeRequest` as the attributes of http.server.request.duration. */
export function instrumentHttp() {
  const instrumentation = new HttpInstrumentation({
    disableOutgoingRequestInstrumentation: true,
    // Queries are not recorded, so there is nothing to redact.
    redactedQueryParamsServer: [],
    ignoreIncomingRequestHook: ({ socket }) => {
      const { server } = socket as typeof socket & { server?: Server }
      return server !== undefined && unmeasuredServers.has(server)
    },
    // If the response emits an error or the handler throws, the package records without calling the hook below.
    responseHook: (_span, response) => {
      recordedNext = response as ServerResponse
      recordedNext.on(errorMonitor, recordNext)
    },
    applyCustomAttributesOnSpan: (_span, _request, response) => {
      recordedNext = response as ServerResponse
    },
  })
  // The package patches what require() loads: the prototype of the servers, which `import` shares.
  const require = createRequire(import.meta.url)
  require('node:http')
  require('node:https')
  recordEarlyResponses(instrumentation)
}

/** Records responses that the package does not see, in its own histogram: the SDK returns the same one for the same name. */
function recordEarlyResponses({ instrumentationName, instrumentationVersion }: HttpInstrumentation) {
  const duration = metrics
    .getMeter(instrumentationName, instrumentationVersion)
    .createHistogram('http.server.request.duration', instrumentOptions(requestDuration))
  recordEarlyResponsesWith((request, status, seconds) => {
    // No response of the package's is recorded, so `describeRequest` keeps these attributes.
    recordedNext = undefined
    duration.record(seconds, attributesOf(request, status, 'http'))
  })
}

function recordNext(this: ServerResponse) {
  recordedNext = this
}

/**
 * The attributes of http.server.request.duration, all of them from closed sets. The package's own have no route, no status
 * for a client that disconnected, and the methods and versions that clients invent.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
export function describeRequest(recorded: Attributes = {}): Attributes {
  const response = recordedNext
  if (!response) return recorded
  // The package gives no status to a request that failed.
  const failed = !('http.response.status_code' in recorded)
  return attributesOf(response.req, recordedStatus(response, failed), recorded['url.scheme'])
}

function attributesOf(request: DescribedRequest, status: number, scheme: Attributes[string]): Attributes {
  const route = routeOf(request)
  const { protocol } = request
  return {
    'http.request.method': knownMethod(request.method),
    'http.response.status_code': status,
    'url.scheme': protocol === 'http' || protocol === 'https' ? protocol : scheme,
    // Node's parser also accepts 0.9 and 2.0, and responds with 1.1.
    'network.protocol.version': request.httpVersion === '1.0' ? '1.0' : '1.1',
    ...(route && { 'http.route': route }),
    ...(status >= 500 && { 'error.type': String(status) }),
  }
}

/** Bounds the series of a service that makes routes of what clients send, as Express does of a mount path's parameters. */
const maxRoutes = 1_000
const routes = new Set<string>()

/** The route template that the service set, unless the process already has too many. */
function routeOf(request: DescribedRequest): string | undefined {
  const route = templateOf(request)
  if (route === undefined || routes.has(route)) return route
  if (routes.size >= maxRoutes) {
    diag.warn(`requests to further routes are recorded without a route: there are ${maxRoutes}`)
    return undefined
  }
  routes.add(route)
  return route
}

function templateOf({ route, baseUrl }: DescribedRequest): string | undefined {
  if (typeof route === 'string') return route
  if (typeof route !== 'object' || route === null || !('path' in route)) return undefined
  return typeof route.path === 'string' ? `${baseUrl ?? ''}${route.path}` : undefined
}
