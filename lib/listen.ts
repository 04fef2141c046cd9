// Starts an HTTP server, or says why it cannot listen.
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'

/**
 * Connections that may wait to be accepted; the system may lower it (`net.core.somaxconn`). Node's 511 fill while the event
 * loop is busy for some milliseconds, and a client whose connection is dropped then tries again only after a second.
 */
const backlog = 4_096

/** `reusePort` shares the port with other sockets of this user that also do (`SO_REUSEPORT`). */
type Address = { host: string; port: number; name?: string; reusePort?: boolean }

/**
 * Listens on a host and port (0: any free port) and returns the port.
 *
 * @throws {Error} Its message is shown to the operator; `name` says where the server was to listen.
 */
export async function listen(
  server: Server,
  { host, port, name = `${host}:${port}`, reusePort = false }: Address,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (cause: NodeJS.ErrnoException) => {
    const reason = reasons[cause.code ?? ''] ?? cause.message
    reject(new Error(`Cannot listen on ${name}: ${reason}.`, { cause }))
  })
  server.listen({ host, port, backlog, reusePort }, resolve)
  await promise
  return (server.address() as AddressInfo).port
}

/**
 * Makes several servers listen on one port, among which Linux distributes the connections. Returns the port.
 *
 * @throws {Error} as `listen` does
 */
export async function listenTogether(servers: readonly Server[], address: Address): Promise<number> {
  let { port } = address
  if (servers.length > 1 && port !== 0) await checkFree(address)
  for (const server of servers)
    port = await listen(server, { ...address, port, reusePort: servers.length > 1 })
  return port
}

/** Another process that also shares the port would go unnoticed, so look for it with a socket that does not. */
async function checkFree(address: Address): Promise<void> {
  const probe = createServer()
  await listen(probe, address)
  const closed = once(probe, 'close')
  probe.close()
  await closed
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
