// A minimal service that records metrics, for tests of otel/ without src/.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { metrics } from '@opentelemetry/api'

const meter = metrics.getMeter('bare')
const events = meter.createCounter('bare.events', { unit: '{event}' })
const duration = meter.createHistogram('bare.duration', { unit: 's' })
const numbers = new Set<number>()
const numbered = meter.createCounter('bare.numbered')
const latest = meter.createGauge('bare.latest')
const delay = meter.createHistogram('bare.delay', { advice: { explicitBucketBoundaries: [4, 16] } })
meter.createObservableCounter('bare.observed').addCallback((result) => {
  for (const number of numbers) result.observe(number, { number })
})
const nonsense: Record<string, unknown> = { big: 1n }

const server = createServer((request, response) => {
  if (request.url === '/nonsense') {
    events.add(1, nonsense as Record<string, string>)
    return response.end('still here')
  }
  const [, number] = /^\/numbers\/(\d+)$/.exec(request.url ?? '') ?? []
  if (number !== undefined) recordNumber(Number(number))
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

/** Adds a series to an instrument of each kind. */
function recordNumber(number: number) {
  numbers.add(number)
  numbered.add(1, { number })
  latest.record(number, { number })
  delay.record(number, { number })
}

function log(msg: string, fields: object) {
  process.stdout.write(`${JSON.stringify({ level: 30, ...fields, msg })}\n`)
}
