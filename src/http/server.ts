// Node's HTTP server around the app: its limits, what its parser refuses, and its end.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Metrics } from '../metrics/instruments.ts'
import { refuse } from './problems/socket-errors.ts'

export type Server = Awaited<ReturnType<typeof startServer>>

/** A client that takes longer to send its headers, or its whole request, is cut off; Node looks every so often. */
const headersTimeoutMs = 10_000
const requestTimeoutMs = 30_000
const timeoutCheckMs = 1_000
/** Longer than what common proxies keep idle connections for, so that they close first. */
const keepAliveTimeoutMs = 75_000
/** How long a connection without a request is kept after a stop has begun: one may be on its way. */
const lingerMs = 300

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
  let lingering = false
  const answering = new Set<ServerResponse>()
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      // Node would refuse it with an empty answer.
      requireHostHeader: false,
    },
    (request, response) => {
      if (stopping) announceClose(response)
      answering.add(response)
      response.once('close', () => {
        answering.delete(response)
        // One whose headers were sent before, a stream's, could not announce it.
        if (stopping && !lingering) setImmediate(() => server.closeIdleConnections())
      })
      handle(request, response)
    },
  )
  // Node would refuse what it does not know with an empty answer; a server may pass over it (RFC 9110, 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  server.on('connect', (_request, socket: Socket) => refuse(socket))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // It comes again for whatever the client goes on to send.
    if (socket.writableEnded) return
    if (isMalformed(error)) metrics.requestRejected('malformed')
    if (socket.writable && !isAnswered(socket)) refuse(socket, error.code)
    else socket.destroy()
  })
  await listen(server, host, port)

  /** A second answer would garble the one that is under way. */
  function isAnswered(socket: Socket): boolean {
    return [...answering].some((response) => response.socket === socket && response.headersSent)
  }

  return {
    port: (server.address() as AddressInfo).port,

    /**
     * Takes no more connections, lets running requests end, and cuts off those that last longer than `graceMs`. A
     * connection that is kept takes one more request for a moment, whose answer says that it was the last.
     */
    async stop(graceMs: number): Promise<void> {
      stopping = true
      lingering = true
      for (const response of answering) announceClose(response)
      const closed = once(server, 'close')
      // Not as HTTP's server closes: at once with all idle connections, under the requests that are on their way.
      NetServer.prototype.close.call(server)
      const linger = setTimeout(() => {
        lingering = false
        server.closeIdleConnections()
      }, lingerMs)
      const deadline = setTimeout(() => server.closeAllConnections(), graceMs)
      await closed
      clearTimeout(linger)
      clearTimeout(deadline)
    },
  }
}

/** Whether the parser refused it; a client that goes away in the middle of a request sent nothing wrong. */
function isMalformed({ code }: NodeJS.ErrnoException): boolean {
  return code?.startsWith('HPE_') === true && code !== 'HPE_INVALID_EOF_STATE'
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
