// The HTTP server of the pull endpoint, which never keeps the process alive.

import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { unmeasuredServers } from '../http.ts'

export type PullServer = ReturnType<typeof createPullServer>

export function createPullServer(handle: RequestListener) {
  const server = createServer(
    // Prometheus keeps its connection between scrapes, which are usually up to a minute apart.
    { keepAliveTimeout: 75_000, headersTimeout: 10_000, requestTimeout: 10_000 },
    handle,
  )
  unmeasuredServers.add(server)
  server.unref()
  server.on('connection', (socket) => socket.unref())
  return server
}

/** Stops listening and closes all connections. */
export async function close(server: PullServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}

/** Sends an error response with one line of text. */
export function refuse(response: ServerResponse, status: number, detail: string, headers = {}) {
  send(response, status, 'text/plain; charset=utf-8', `${detail}\n`, headers)
}

export function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers = {},
) {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    ...headers,
  })
  response.end(body)
}
