import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { register } from 'prom-client'

/** Serves prom-client's page on a free port; says where it listens as the service's own endpoint does. */
export function serve() {
  const server = createServer(async (_request, response) => {
    response.setHeader('Content-Type', register.contentType)
    response.end(await register.metrics())
  })
  server.unref().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    const endpoint = `http://127.0.0.1:${port}/metrics`
    process.stdout.write(`${JSON.stringify({ msg: 'metrics exported', endpoint })}\n`)
  })
}
