// Stands between a scraper and the endpoint to choose the format, where the scraper's version cannot.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { askFor } from './scraped.ts'

/** Starts a proxy until the test ends. `accept` replaces the header of each scrape; without it, the header is forwarded. */
export async function startAcceptProxy(url: string, accept?: string) {
  let contentType: string | undefined
  async function forward({ headers }: IncomingMessage, response: ServerResponse) {
    const scraped = await askFor(url, { headers: { accept: accept ?? String(headers.accept) } })
    contentType = scraped.headers['content-type']
    response.writeHead(scraped.status, { 'Content-Type': contentType ?? '' }).end(scraped.body)
  }
  const server = createServer((request, response) => {
    forward(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    /** Of the last response. */
    contentType: () => contentType,
  }
}
