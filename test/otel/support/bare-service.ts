// A minimal service that records metrics, for tests of otel/ without src/.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { metrics } from '@opentelemetry/api'

const meter = metrics.getMeter('bare')
const events = meter.createCounter('bare.events', { unit: '{event}' })
const duration = meter.createHistogram('bare.duration', { unit: 's' })
const nonsense: Record<string, unknown> = { big: 1n }

const server = createServer((request, response) => {
  if (request.url === '/nonsense') {
    events.add(1, nonsense as Record<string, string>)
    return response.end('still here')
  }
  events.add(1)
  duration.record(0.01, { 'thing.kind': 'plain', 'url.scheme': 'http' })
  response.end('a thing')
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
