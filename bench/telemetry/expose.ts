import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Serves an exposition on a free port and logs its URL as the service's own endpoint does. */
export function expose(respond: RequestListener): void {
  const server = createServer(respond)
  server.unref().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    const endpoint = `http://127.0.0.1:${port}/metrics`
    process.stdout.write(`${JSON.stringify({ msg: 'metrics exported', endpoint })}\n`)
  })
}
