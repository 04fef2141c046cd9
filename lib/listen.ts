// Starts an HTTP server, or says why it cannot listen.
import type { AddressInfo, Server } from 'node:net'

/**
 * Connections that may wait to be accepted; the system may lower it (`net.core.somaxconn`). Node's 511 fill while the event
 * loop is busy for some milliseconds, and a client whose connection is dropped then tries again only after a second.
 */
const backlog = 4_096

/**
 * Listens on a host and port (0: any free port) and returns the port.
 *
 * @throws {Error} Its message is shown to the operator; `name` says where the server was to listen.
 */
export async function listen(
  server: Server,
  { host, port, name = `${host}:${port}` }: { host: string; port: number; name?: string },
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (cause: NodeJS.ErrnoException) => {
    const reason = reasons[cause.code ?? ''] ?? cause.message
    reject(new Error(`Cannot listen on ${name}: ${reason}.`, { cause }))
  })
  server.listen({ host, port, backlog }, resolve)
  await promise
  return (server.address() as AddressInfo).port
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
}

/** The origin of a server, with an IPv6 address in brackets. */
export function httpOrigin(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The origin before the server listens. */
export function plannedOrigin(host: string, port: number): string {
  return port === 0 ? `${httpOrigin(host, port).slice(0, -1)}(any free port)` : httpOrigin(host, port)
}
