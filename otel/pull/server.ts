// An HTTP server that lives only as long as the service does.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Starts a server on host and port (0: any free one). Neither it nor its connections keep the process alive.
 * Throws an Error with host, port and the reason when it cannot listen.
 */
export async function listen(host: string, port: number, answer: RequestListener): Promise<Server> {
  const server = createServer(
    // Prometheus keeps its connection from scrape to scrape, and scrapes at most once a minute or so.
    { keepAliveTimeout: 75_000, headersTimeout: 10_000, requestTimeout: 10_000 },
    answer,
  )
  server.unref()
  server.on('connection', (socket) => socket.unref())
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port }, resolve)
  try {
    await promise
  } catch (cause) {
    throw new Error(`Cannot listen on ${host}:${port}: ${reasonOf(cause)}.`, { cause })
  }
  return server
}

export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Closes the server and whatever is still connected to it. */
export async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}

const REASONS: Record<string, string> = {
  EADDRINUSE: 'the port is already in use',
  EACCES: 'the port needs more rights than this process has',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
}

function reasonOf(cause: unknown): string {
  const { code = '', message } = cause as NodeJS.ErrnoException
  return REASONS[code] ?? message
}
