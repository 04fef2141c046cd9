// Node's HTTP server for the app: timeouts, errors below HTTP, and graceful shutdown.
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { isEventStream } from '../../lib/http-attributes.ts'
import { listenTogether } from '../../lib/listen.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { type Handle, oneAtATime } from './overload/one-at-a-time.ts'
import { respondToSocketError } from './problems/socket-errors.ts'

export type Server = Awaited<ReturnType<typeof startServer>>

/** The service's settings replace the first three; the others are only different in tests. */
export const defaultTimeouts = {
  /** Until the headers of a request are complete; then it is refused with 408. */
  headersMs: 10_000,
  /** Until the whole request is complete. */
  requestMs: 30_000,
  /** Until the client has read the whole response; then the connection is closed. Event streams have no such limit. */
  responseMs: 60_000,
  /** How often these three are checked. */
  checkMs: 1_000,
  /** Longer than the idle timeout of common proxies, so that the proxy closes a connection first. */
  keepAliveMs: 75_000,
  /** How long a stopping server keeps idle connections, because a request may be on its way. */
  stopLingerMs: 300,
  /** How long a client may take to read why its connection was refused. */
  refusalLingerMs: 2_000,
}
export type Timeouts = typeof defaultTimeouts

/**
 * The number of sockets that listen. libuv accepts one connection per socket and turn of the event loop. Under load a turn
 * takes some milliseconds, so at one socket a few hundred clients, among them health checks, would wait for seconds.
 * The primary of a cluster accepts for its workers, and does nothing else.
 */
const listeners = process.platform === 'linux' && !cluster.isWorker ? 32 : 1

/**
 * Listens on `host` and `port`; port 0 is any free one.
 *
 * @throws {Error} whose message names the address and the reason, if it cannot listen there
 */
export async function startServer(options: {
  handle: Handle
  host: string
  port: number
  metrics: Metrics
  timeouts?: Partial<Timeouts> | undefined
  maxConnections?: number
}) {
  const { handle, host, port, metrics, maxConnections = Number.POSITIVE_INFINITY } = options
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  /** Whether responses announce the end of their connections. */
  let announcing = false
  /** Whether idle connections are closed without an announcement. */
  let closing = false
  /** How many connections and requests have arrived. */
  const arrived = { connections: 0, requests: 0 }
  /** The time at which the request of each response arrived. */
  const openResponses = new Map<ServerResponse, number>()
  /** Why the parser refuses the bytes of each connection. */
  const failures = new WeakMap<Socket, NodeJS.ErrnoException>()
  const respond = oneAtATime((request, response) => {
    arrived.requests++
    if (announcing || isFaultyFraming(request)) announceClose(response)
    openResponses.set(response, performance.now())
    response.once('close', () => {
      openResponses.delete(response)
      const failure = failures.get(request.socket)
      if (failure) refuse(request.socket, failure)
      // A stream sent its headers before the stop began, so it could not announce the end of the connection.
      if (closing) void closeIdleConnections()
    })
    handle(request, response)
  })
  const servers = Array.from({ length: listeners }, () =>
    createServer(
      {
        headersTimeout: timeouts.headersMs,
        requestTimeout: timeouts.requestMs,
        connectionsCheckingInterval: timeouts.checkMs,
        keepAliveTimeout: timeouts.keepAliveMs,
        // Node would refuse the request with an empty response; the app responds with a problem.
        requireHostHeader: false,
      },
      respond,
    ),
  )
  const slowReaders = setInterval(() => {
    const latest = performance.now() - timeouts.responseMs
    for (const [response, since] of openResponses)
      if (since < latest && !isEventStream(response)) response.socket?.destroy()
  }, timeouts.checkMs).unref()
  let connections = 0
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      if (connections >= maxConnections) return socket.destroy()
      connections++
      arrived.connections++
      socket.once('close', () => connections--)
    })
    // Node would refuse an unknown Expect with an empty response; a server may ignore it (RFC 9110, 10.1.1).
    server.on('checkExpectation', (request, response) => server.emit('request', request, response))
    server.on('connect', (_request, socket: Socket) => respondToSocketError(socket, timeouts.refusalLingerMs))
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      // The event repeats for everything that the client sends after the error.
      if (socket.writableEnded || failures.has(socket)) return
      failures.set(socket, error)
      if (isMalformed(error)) metrics.requestRejected('malformed')
      refuse(socket, error)
    })
  }
  const name = `HOST=${host} PORT=${port}`
  const listeningPort = await listenTogether(servers, { host, port, name })

  async function closeIdleConnections() {
    await untilQuiet(() => arrived.requests)
    for (const server of servers) server.closeIdleConnections()
  }

  /** Responds to what the parser refused, after the responses to the requests before it. */
  function refuse(socket: Socket, { code }: NodeJS.ErrnoException): void {
    const open = [...openResponses.keys()].filter((response) => response.req.socket === socket)
    if (!socket.writable) socket.destroy()
    else if (open.some((response) => response.req.complete && !isEventStream(response))) return
    // A second response would corrupt the first.
    else if (open.some(({ headersSent }) => headersSent)) socket.destroy()
    else respondToSocketError(socket, timeouts.refusalLingerMs, code)
  }

  function announceStop() {
    announcing = true
    for (const response of openResponses.keys()) announceClose(response)
  }

  return {
    port: listeningPort,

    /** Serves on, but responses announce the end of their connections, so that clients do not keep them until `stop`. */
    announceStop,

    /**
     * Accepts no more connections, waits for running requests, and closes those that take longer than `graceMs`. Idle
     * connections may send one more request for a moment; its response announces the end of the connection.
     */
    async stop(graceMs: number): Promise<void> {
      // Before responses announce the end of their connections, because clients then open new ones.
      await untilQuiet(() => arrived.connections)
      announceStop()
      const closed = Promise.all(servers.map((server) => once(server, 'close')))
      // http.Server's close() would close idle connections at once, although a request may be on its way.
      for (const server of servers) NetServer.prototype.close.call(server)
      const linger = setTimeout(() => {
        closing = true
        void closeIdleConnections()
      }, timeouts.stopLingerMs)
      const deadline = setTimeout(() => {
        for (const server of servers) server.closeAllConnections()
      }, graceMs)
      await closed
      clearTimeout(linger)
      clearTimeout(deadline)
      clearInterval(slowReaders)
    },
  }
}

/**
 * Resolves after a short turn of the event loop in which nothing arrived. On a busy event loop, connections and requests that the
 * system has accepted long ago are still unread, and whoever closes their socket resets them.
 */
async function untilQuiet(arrived: () => number): Promise<void> {
  for (let turn = 0; turn < mostTurns; turn++) {
    const before = arrived()
    // The first ends the current turn, the second follows a whole one.
    await setImmediate()
    const start = performance.now()
    await setImmediate()
    // What arrives during a turn is read in the next one.
    if (arrived() === before && performance.now() - start < shortTurnMs) return
  }
}

const shortTurnMs = 1
/** Clients that never pause do not delay a stop for long. */
const mostTurns = 100

/**
 * Whether the parser refused a request. A client that disconnects in the middle of one sent nothing malformed, and what follows
 * a request that closes the connection is to be ignored.
 */
function isMalformed({ code }: NodeJS.ErrnoException): boolean {
  return code?.startsWith('HPE_') === true && !ignored.includes(code)
}

const ignored = ['HPE_INVALID_EOF_STATE', 'HPE_CLOSED_CONNECTION']

/**
 * Whether nothing behind the request can be trusted: Node drops what it has read behind one that asks for an upgrade, and
 * HTTP/1.0 has no chunks (RFC 9112, section 6.1).
 */
const isFaultyFraming = ({ headers, httpVersionMinor }: IncomingMessage) =>
  headers.upgrade !== undefined || (httpVersionMinor === 0 && headers['transfer-encoding'] !== undefined)

/** Announces that the connection takes no further request; Node closes it after the response. */
function announceClose(response: ServerResponse) {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}
