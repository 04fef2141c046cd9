import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { register } from 'prom-client'

/** Serves prom-client's exposition on a free port and logs its URL as the service's own endpoint does. */
export function serveExposition(beforeScrape: () => void): void {
  const server = createServer(async (_request, response) => {
    beforeScrape()
    response.setHeader('Content-Type', register.contentType)
    response.end(await register.metrics())
  })
  server.unref().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    const endpoint = `http://127.0.0.1:${port}/metrics`
    process.stdout.write(`${JSON.stringify({ msg: 'metrics exported', endpoint })}\n`)
  })
}
