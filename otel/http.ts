// http.server.request.duration, from instrumentation-http, with the route that the service marks on its request.
import { type IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { context } from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'

/** No RFC has a status for a client that went away; this is nginx's. */
const clientClosedRequest = 499
const brokenOff = 500

/**
 * Measures every request that a `node:http` server of this process answers, but those that `ignore` holds for:
 * scrapes are not the service's traffic. Outgoing requests, the exporters' own, are not touched. Needs the
 * global meter provider and a context manager.
 */
export function instrumentHttp(ignore: (request: IncomingMessage) => boolean) {
  new HttpInstrumentation({
    disableOutgoingRequestInstrumentation: true,
    redactedQueryParamsServer: [],
    ignoreIncomingRequestHook: ignore,
    responseHook: (_span, response) => {
      if (response instanceof ServerResponse) completeBeforeRecord(response)
    },
  })
  // It patches node:http when that is required, and an import is none.
  createRequire(import.meta.url)('node:http')
}

/**
 * The hook runs before the instrumentation adds its own `close` listener, which makes the record: what this one
 * settles is in it.
 */
function completeBeforeRecord(response: ServerResponse<IncomingMessage & { route?: string }>) {
  const metadata = getRPCMetadata(context.active())
  response.on('close', () => {
    if (metadata && response.req.route) metadata.route = response.req.route
    if (response.writableFinished || isStream(response)) return
    response.statusCode = response.errored ? brokenOff : clientClosedRequest
  })
}

/** A stream has no end of its own: its client closes it, and that is no failure. */
function isStream(response: ServerResponse): boolean {
  return response.headersSent && String(response.getHeader('content-type')).startsWith('text/event-stream')
}
