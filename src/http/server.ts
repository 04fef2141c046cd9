// Node's HTTP server for the app: timeouts, errors below HTTP, and graceful shutdown.
import cluster from 'node:cluster'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { isEventStream } from '../../lib/http-attributes.ts'
import { listenTogether } from '../../lib/listen.ts'
import type { Metrics } from '../metrics/instruments.ts'
import { EarlyServer, type RejectEarly } from './overload/early-server.ts'
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
 * What is known of a connection. It has one open response at most, because requests are handled one at a time.
 *
 * Requests change these fields, but add nothing to a Map or Set: when V8 replaces the table of one, the old table refers to
 * the new one. Once an old table is in the old generation, all responses after it stay in memory until the next full collection.
 */
type Connection = {
  response?: ServerResponse | undefined
  /** When its request arrived. */
  requestedMs: number
  /** Why the parser refuses the bytes of the client. */
  failure?: NodeJS.ErrnoException
}

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
  /** Sees a request before Node emits `request`; if it returns true, it has sent the response, and nobody else hears of it. */
  rejectEarly?: RejectEarly
  host: string
  port: number
  metrics: Metrics
  timeouts?: Partial<Timeouts> | undefined
  maxConnections?: number
}) {
  const { handle, rejectEarly = () => false, host, port, metrics } = options
  const { maxConnections = Number.POSITIVE_INFINITY } = options
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  /** Whether responses announce the end of their connections. */
  let announcing = false
  /** Whether idle connections are closed without an announcement. */
  let closing = false
  /** How many connections and requests have arrived. */
  const arrived = { connections: 0, requests: 0 }
  const connections = new Map<Socket, Connection>()
  const respond = oneAtATime((request, response) => {
    const connection = connections.get(request.socket)
    if (!connection) return
    arrived.requests++
    if (announcing || isFaultyFraming(request)) announceClose(response)
    track(connection, response)
    handle(request, response)
  })
  /** Only for a request that waits for no other, on a connection whose client reads its responses. */
  const rejectFirst: RejectEarly = (request, response) => {
    const { socket } = response
    if (!socket || socket.writableLength > 0 || announcing || isFaultyFraming(request)) return false
    if (!rejectEarly(request, response)) return false
    const connection = connections.get(request.socket)
    if (connection && socket.writableLength > 0) track(connection, response)
    return true
  }
  const servers = Array.from(
    { length: listeners },
    () =>
      new EarlyServer(
        rejectFirst,
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
    for (const [socket, { response, requestedMs }] of connections)
      if (response && requestedMs < latest && !isEventStream(response)) socket.destroy()
  }, timeouts.checkMs).unref()
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      if (connections.size >= maxConnections) return socket.destroy()
      arrived.connections++
      connections.set(socket, { requestedMs: 0 })
      socket.once('close', () => connections.delete(socket))
    })
    // Node would refuse an unknown Expect with an empty response; a server may ignore it (RFC 9110, 10.1.1).
    server.on('checkExpectation', (request, response) => server.emit('request', request, response))
    server.on('connect', (_request, socket: Socket) => respondToSocketError(socket, timeouts.refusalLingerMs))
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      const connection = connections.get(socket)
      // The event repeats for everything that the client sends after the error.
      if (!connection || socket.writableEnded || connection.failure) return
      connection.failure = error
      if (isMalformed(error)) metrics.requestRejected('malformed')
      refuse(socket, connection)
    })
  }
  const name = `HOST=${host} PORT=${port}`
  const listeningPort = await listenTogether(servers, { host, port, name })

  function track(connection: Connection, response: ServerResponse) {
    connection.response = response
    connection.requestedMs = performance.now()
    response.once('close', () => {
      // The next request may have started already.
      if (connection.response === response) connection.response = undefined
      if (connection.failure) refuse(response.req.socket, connection)
      // A stream sent its headers before the stop began, so it could not announce the end of the connection.
      if (closing) void closeIdleConnections()
    })
  }

  async function closeIdleConnections() {
    await untilQuiet(() => arrived.requests)
    for (const server of servers) server.closeIdleConnections()
  }

  /** Responds to what the parser refused, after the responses to the requests before it. */
  function refuse(socket: Socket, { response, failure }: Connection): void {
    if (!socket.writable) socket.destroy()
    else if (response?.req.complete && !isEventStream(response)) return
    // A second response would corrupt the first.
    else if (response?.headersSent) socket.destroy()
    else respondToSocketError(socket, timeouts.refusalLingerMs, failure?.code)
  }

  function announceStop() {
    announcing = true
    for (const { response } of connections.values()) if (response) announceClose(response)
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
