// What both sides record about HTTP requests in the same way, with closed sets of values.
import type { IncomingMessage, ServerResponse } from 'node:http'

/** The methods of the HTTP semantic conventions; any other is `_OTHER`. */
export const httpMethods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'QUERY',
  '_OTHER',
] as const

const known: ReadonlySet<string> = new Set(httpMethods)

export const knownMethod = (method = ''): string => (known.has(method) ? method : '_OTHER')

/**
 * What a service sets on Node's request to describe it. `route` is the template of the matched route; Express sets an
 * object with a `path` below `baseUrl` instead. `protocol` is the URL scheme if it is not the connection's own, for example
 * behind a proxy.
 */
export type DescribedRequest = IncomingMessage & { route?: unknown; baseUrl?: unknown; protocol?: unknown }

/** nginx's status for a client that disconnected; no RFC defines one. */
const clientClosedRequest = 499

/**
 * The status to record for a request that ended. An incomplete response has an unreliable status of its own: a framework's
 * initial 404, or the 200 of half a body. It counts as 500 if the service failed, else the client disconnected.
 */
export function recordedStatus(response: ServerResponse, failed = false): number {
  if (response.writableFinished) return response.statusCode
  if (failed || (response.errored && !wasReset(response))) return 500
  return isEventStream(response) ? response.statusCode : clientClosedRequest
}

/**
 * Whether the client reset the connection, as proxies do. What the service pipes into the response then ends prematurely,
 * which is an error of the response too. A service that destroys its response destroys the connection with the same error.
 */
function wasReset({ errored, req }: ServerResponse): boolean {
  return Boolean(req.socket.errored) && req.socket.errored !== errored
}

/**
 * An event stream never finishes: the client closes it, which is not an error. The header is read from the text that was
 * sent (`_header`, which morgan reads too), because getHeader() does not know the headers that were passed to writeHead().
 */
export function isEventStream(response: ServerResponse & { _header?: string | null }): boolean {
  return /^content-type: *text\/event-stream/im.test(response._header ?? '')
}
