import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Listens on a free port, logs the URL as the harness expects it, and stops at SIGTERM. */
export function listen(server: Server, protocol = 'http') {
  server.listen(0, 'localhost', () => logListening(server, protocol))
  process.once('SIGTERM', () => {
    server.close()
    server.closeAllConnections()
  })
}

export function logListening(server: Server, protocol = 'http') {
  const { port } = server.address() as AddressInfo
  process.stdout.write(
    `${JSON.stringify({ level: 30, msg: 'listening', url: `${protocol}://localhost:${port}` })}\n`,
  )
}
