// The least service that can be measured: a node:http server that marks its routes, for tests of otel/ alone.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { metrics } from '@opentelemetry/api'

type Handler = (response: ServerResponse) => void

const events = metrics.getMeter('bare').createCounter('bare.events', { unit: '{event}' })
const nonsense: Record<string, unknown> = { big: 1n }

/** By route: each answers, or fails to, in a way of its own. */
const handlers: Record<string, Handler> = {
  '/things/:id': (response) => {
    events.add(1)
    response.end('a thing')
  },
  '/failing': (response) => response.writeHead(500).end('failed'),
  '/silent': (response) => log('silent', { method: response.req.method }),
  '/endless': (response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' })
    writeOn(response)
  },
  '/broken': (response) => {
    response.write('half of an ans', () => response.destroy(new Error('a bug of the service')))
  },
  '/stream': (response) => {
    response.setHeader('Content-Type', 'text/event-stream; charset=utf-8')
    response.write(': welcome\n\n')
  },
  '/nonsense': (response) => {
    events.add(1, nonsense as Record<string, string>)
    response.end('still here')
  },
}

/** Writes for as long as the client reads. */
function writeOn(response: ServerResponse) {
  while (response.write('x'.repeat(65_536)));
  response.once('drain', () => writeOn(response))
}

const server = createServer((request: IncomingMessage & { route?: string }, response) => {
  const path = request.url?.split('?')[0] ?? ''
  const route = path.startsWith('/things/') ? '/things/:id' : path
  const handle = handlers[route]
  if (!handle) return response.writeHead(404).end()
  request.route = route
  handle(response)
})

server.listen(0, 'localhost', () =>
  log('listening', { url: `http://localhost:${(server.address() as AddressInfo).port}` }),
)

process.once('SIGTERM', () => {
  process.exitCode = Number(process.env.EXIT_CODE ?? 0)
  server.close()
  server.closeAllConnections()
})

function log(msg: string, fields: object) {
  process.stdout.write(`${JSON.stringify({ level: 30, ...fields, msg })}\n`)
}
