// Node's HTTP server around the app: its limits, what its parser refuses, and its end.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Metrics } from '../metrics.ts'
import { problems, problemType } from './problems.ts'

export type Server = Awaited<ReturnType<typeof startServer>>

/** A client that takes longer to send its headers, or its whole request, is cut off. */
const headersTimeoutMs = 10_000
const requestTimeoutMs = 30_000
/** Longer than what common proxies keep idle connections for, so that they close first. */
const keepAliveTimeoutMs = 75_000

/**
 * Listens on `host` and `port` (0: any free one).
 *
 * @throws {Error} that names the address and what is wrong with it, when it cannot listen there.
 */
export async function startServer(options: {
  handle: (request: IncomingMessage, response: ServerResponse) => unknown
  host: string
  port: number
  metrics: Metrics
}) {
  const { handle, host, port, metrics } = options
  let stopping = false
  const answering = new Set<ServerResponse>()
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
    },
    (request, response) => {
      if (stopping) announceClose(response)
      answering.add(response)
      response.once('close', () => answering.delete(response))
      handle(request, response)
    },
  )
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code !== 'ECONNRESET') metrics.requestRejected('malformed')
    refuse(error, socket)
  })
  await listen(server, host, port)

  return {
    port: (server.address() as AddressInfo).port,

    /** Takes no more connections, lets running requests end, and cuts off those that last longer than `graceMs`. */
    async stop(graceMs: number): Promise<void> {
      stopping = true
      for (const response of answering) announceClose(response)
      const closed = new Promise((resolve) => server.close(resolve))
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(deadline)
    },
  }
}

/** Tells the client that its connection takes no further request; Node then closes it after the answer. */
function announceClose(response: ServerResponse) {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}

function listen(server: ReturnType<typeof createServer>, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = reasons[cause.code ?? ''] ?? cause.message
      reject(new Error(`Cannot listen on HOST=${host} PORT=${port}: ${reason}.`, { cause }))
    })
    server.listen(port, host, resolve)
  })
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
}

const statuses: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Answers, as a problem too, what never became a request. */
function refuse(error: NodeJS.ErrnoException, socket: Socket) {
  if (!socket.writable) return
  const line = statuses[error.code ?? ''] ?? '400 Bad Request'
  const body = JSON.stringify({
    type: problemType('malformed-request'),
    title: problems['malformed-request'].title,
    status: Number(line.slice(0, 3)),
    detail: `The request is not HTTP/1.1 as this server takes it: ${line.slice(4)}.`,
  })
  const head = [
    `HTTP/1.1 ${line}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
