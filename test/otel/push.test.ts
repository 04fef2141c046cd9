import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { metricsOf, type Push } from '../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../harness/telemetry/otlp-sink.ts'
import { until } from '../../harness/until.ts'
import { startBare } from './support/bare.ts'

type Collector = Awaited<ReturnType<typeof startCollector>>

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) await cleanUp()
})

async function start(env: Record<string, string>) {
  const bare = await startBare({ OTEL_METRICS_EXPORTER: 'otlp', ...env })
  cleanups.push(() => bare.kill('SIGKILL'))
  return bare
}

async function collector(options?: Parameters<typeof startCollector>[0]) {
  const started = await startCollector(options)
  cleanups.push(started.stop)
  return started
}

const endpointOf = (receiver: Collector, protocol: string) => ({
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? receiver.grpcUrl : receiver.httpUrl,
})

/** The number of events of the bare service in a push. */
const eventsOf = (push: Push | undefined) =>
  push && metricsOf(push).find(({ name }) => name === 'bare.events')?.sum?.dataPoints[0]?.asDouble

const protocols = ['http/protobuf', 'http/json', 'grpc']
const often = { OTEL_METRIC_EXPORT_INTERVAL: '100' }

describe.each(protocols)('OTLP over %s', (protocol) => {
  it('pushes the last values at the end of the process, and does not change its exit code', async () => {
    const receiver = await collector()
    const bare = await start({ ...endpointOf(receiver, protocol), EXIT_CODE: '3' })
    await fetch(`${bare.url}/things/1`)
    await fetch(`${bare.url}/things/2`)

    expect(await bare.stop()).toBe(3)
    expect(receiver.received.map(({ push }) => eventsOf(push))).toEqual([2])
  })

  it('sends the configured headers, compressed, to the path of the protocol', async () => {
    const receiver = await collector()
    const bare = await start({
      ...endpointOf(receiver, protocol),
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%20b,x-key=dGVzdA==',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-tenant=mine',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    })

    await bare.stop()
    const [{ headers, path }] = receiver.received as [Collector['received'][number]]
    expect(headers).toMatchObject({ 'x-tenant': 'mine', 'x-key': 'dGVzdA==' })
    if (protocol !== 'grpc')
      expect({ path, encoding: headers['content-encoding'] }).toEqual({
        path: '/v1/metrics',
        encoding: 'gzip',
      })
  })

  it('sends exponential histograms on request, and by default the buckets that the instrument advises', async () => {
    const receiver = await collector()
    for (const aggregation of ['', 'base2_exponential_bucket_histogram']) {
      const bare = await start({
        ...endpointOf(receiver, protocol),
        OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: aggregation,
      })
      await fetch(`${bare.url}/things/1`)
      await bare.stop()
    }

    const durations = receiver.received.map(({ push }) =>
      metricsOf(push).find(({ name }) => name === 'http.server.request.duration'),
    )
    expect(durations).toMatchObject([
      { histogram: { dataPoints: [{ explicitBounds: expect.arrayContaining([0.005, 10]) }] } },
      { exponentialHistogram: { dataPoints: [{ count: 1, positive: { bucketCounts: [1] } }] } },
    ])
  })

  it('trusts the configured certificate, and no other', async () => {
    const cert = readFileSync('test/otel/support/tls/localhost.pem')
    const key = readFileSync('test/otel/support/tls/localhost-key.pem')
    const receiver = await collector({ tls: { cert, key } })
    const distrusting = await start({ ...endpointOf(receiver, protocol), ...often })
    // Under load, the first attempts may time out before they fail.
    await until('a refused certificate', () =>
      distrusting.lines.some(({ level, msg }) => level === 50 && /certificate/.test(msg)),
    )
    const trusting = await start({
      ...endpointOf(receiver, protocol),
      OTEL_EXPORTER_OTLP_CERTIFICATE: 'test/otel/support/tls/localhost.pem',
    })
    await fetch(`${trusting.url}/things/1`)
    await trusting.stop()

    expect(receiver.received.map(({ push }) => eventsOf(push))).toEqual([1])
  })

  it('logs an unreachable collector once a minute, and the process ends without waiting for it', async () => {
    const bare = await start({ ...endpointOf(unreachable, protocol), ...often })
    const refused = () => bare.lines.filter(({ msg }) => /localhost:1\b.*ECONNREFUSED/.test(msg))
    await until('a failed export', () => refused().length > 0)

    expect(await bare.stop()).toBe(0)
    expect(refused()).toHaveLength(1)
    expect(bare.lines.map(({ msg }) => msg)).not.toContain('the last metrics were not pushed in time')
  })
})

/** No process listens on port 1. */
const unreachable = { httpUrl: 'http://localhost:1', grpcUrl: 'http://localhost:1' } as Collector

describe('OTLP', () => {
  it('pushes at the interval, and loses nothing while the collector is down', async () => {
    const probe = createServer().listen(0, 'localhost')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo
    probe.close()
    const bare = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`, ...often })
    await fetch(`${bare.url}/things/1`)
    await until('a failure', () => bare.lines.some(({ level }) => level === 50))

    const receiver = await collector({ port })
    await until('three pushes', () => receiver.received.length >= 3)
    expect(eventsOf(receiver.received.at(-1)?.push)).toBe(1)
  })

  it('waits at most 5 s for a collector that does not respond, and then ends the process', async () => {
    const silent = createServer().listen(0, 'localhost')
    cleanups.push(() => silent.close())
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const sockets = new Set<{ destroy(): unknown }>()
    silent.on('connection', (socket) => sockets.add(socket))
    cleanups.push(() => [...sockets].map((socket) => socket.destroy()))
    const bare = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}`, EXIT_CODE: '4' })

    expect(await bare.stop()).toBe(4)
    expect(bare.lines.at(-1)).toMatchObject({
      level: 40,
      timeoutMs: 5_000,
      msg: 'the last metrics were not pushed in time',
    })
  })

  it('sends deltas if configured', async () => {
    const receiver = await collector()
    const bare = await start({
      ...endpointOf(receiver, 'http/protobuf'),
      ...often,
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'Delta',
    })
    await fetch(`${bare.url}/things/1`)
    await until('the event', () => receiver.received.some(({ push }) => eventsOf(push) === 1))
    await fetch(`${bare.url}/things/1`)

    await bare.stop()
    const events = receiver.received.map(({ push }) => eventsOf(push)).filter((count) => count)
    expect(events).toEqual([1, 1])
  })
})

describe('the console exporter', () => {
  it('prints at the configured interval', async () => {
    const bare = await start({ OTEL_METRICS_EXPORTER: 'console', ...often })
    await fetch(`${bare.url}/things/1`)

    await until(
      'the event, twice',
      () => bare.lines.filter(({ msg }) => msg.includes("name: 'bare.events'")).length >= 2,
    )
  })
})
