// Measures how long it takes to serialize a scrape, and for how long that blocks the event loop.
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, type MetricReader } from '@opentelemetry/sdk-metrics'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { machine } from '../harness/command-line/machine.ts'
import { median } from '../harness/command-line/statistics.ts'
import { table } from '../harness/command-line/table.ts'
import { silentLog } from '../harness/log.ts'
import { readOptions } from '../lib/command-line.ts'
import { defaultPullOptions } from '../otel/config/types.ts'
import { createNativeReader } from '../otel/native/reader.ts'
import { createExpositionWriter } from '../otel/pull/exposition/exposition.ts'
import type { Format } from '../otel/pull/exposition/formats.ts'

const usage = `Usage: npm run bench -- scrape [options]

Serializes the same metrics with this project's serializer, the stock exporter's and prom-client's, in turn.

  --lines N    lines of the exposition, at most 40000: the SDK keeps 2,000 series per instrument (10000)
  --rounds N   measurements of each serializer (40)
  --help       shows this text

"with collection" also runs the SDK's collection, which cannot be interrupted. "first scrape" has no cached labels.
"native" has native buckets of each histogram in addition. Protobuf has no lines; it has the same metrics.
`

type Measurement = { ms: number; stallMs: number; exposition: Buffer }

const boundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** Each set of attributes has a histogram (its buckets, +Inf, sum, count), two counters and a gauge. */
const linesPerSet = boundaries.length + 3 + 3
const warmUpRounds = 3

export async function scrape(args: string[]): Promise<void> {
  const { lines, rounds } = readOptions(usage, { lines: 10_000, rounds: 40 }, args)
  const serializers = await createSerializers(Math.round(lines / linesPerSet))
  const measurements = serializers.map(({ name }) => ({ name, measured: [] as Measurement[] }))
  for (let round = 1 - warmUpRounds; round <= rounds; round++) {
    for (const [index, { serialize }] of serializers.entries()) {
      const measured = await measure(serialize)
      if (round > 0) measurements[index]?.measured.push(measured)
    }
  }
  const stockMs = median(measurements[0]?.measured.map(({ ms }) => ms) ?? [])
  const rows = measurements.map(({ name, measured }) => {
    const exposition = measured[0]?.exposition ?? Buffer.alloc(0)
    const ms = median(measured.map((measurement) => measurement.ms))
    return [
      name,
      name.includes('protobuf') ? '–' : exposition.toString().split('\n').length - 1,
      Math.round(exposition.length / 1024),
      ms.toFixed(1),
      median(measured.map(({ stallMs }) => stallMs)).toFixed(1),
      `${(stockMs / ms).toFixed(1)}×`,
    ]
  })
  process.stdout.write(`${machine()}\n${rounds} rounds, the serializers in turn, medians\n\n`)
  process.stdout.write(`${table(['', 'lines', 'KiB', 'ms', 'stall ms', 'speed-up'], rows)}\n`)
}

/** The first is the baseline of the others. */
async function createSerializers(sets: number) {
  const reader = recordWithOpenTelemetry(sets, new PrometheusExporter({ preventServerStart: true }))
  const native = recordWithOpenTelemetry(sets, createNativeReader())
  const registry = recordWithPromClient(sets)
  const { resourceMetrics } = await reader.collect()
  const nativeHistograms = (await native.collect()).resourceMetrics.scopeMetrics
  const withNative = { ...resourceMetrics, nativeHistograms }
  const stock = new PrometheusSerializer()
  const ours = createWriter()
  return [
    { name: 'stock exporter', serialize: async () => Buffer.from(stock.serialize(resourceMetrics)) },
    { name: 'prom-client', serialize: async () => Buffer.from(await registry.metrics()) },
    { name: 'ours, text', serialize: () => ours.write([resourceMetrics], requestOf('text')) },
    { name: 'ours, OpenMetrics', serialize: () => ours.write([resourceMetrics], requestOf('openmetrics')) },
    { name: 'ours, protobuf', serialize: () => ours.write([resourceMetrics], requestOf('protobuf')) },
    { name: 'ours, protobuf native', serialize: () => ours.write([withNative], requestOf('protobuf')) },
    {
      name: 'ours, first scrape',
      serialize: () => createWriter().write([resourceMetrics], requestOf('text')),
    },
    {
      name: 'ours, with collection',
      serialize: async () => {
        const collected = await reader.collect()
        return ours.write([collected.resourceMetrics], requestOf('text'))
      },
    },
  ]
}

const createWriter = () => createExpositionWriter(defaultPullOptions, silentLog)

const requestOf = (format: Format) => ({ format, escaping: 'underscores' }) as const

/** `stallMs` is the longest time between two turns of the event loop. */
async function measure(serialize: () => Promise<Buffer>): Promise<Measurement> {
  let stallMs = 0
  let running = true
  let lastTurn = performance.now()
  const start = lastTurn
  const watch = () => {
    const now = performance.now()
    stallMs = Math.max(stallMs, now - lastTurn)
    lastTurn = now
    if (running) setImmediate(watch)
  }
  setImmediate(watch)
  const exposition = await serialize()
  const ms = performance.now() - start
  running = false
  await new Promise(setImmediate)
  return { ms, stallMs, exposition }
}

function attributesOf(set: number) {
  return {
    'http.request.method': ['GET', 'POST', 'PUT', 'DELETE'][set % 4] ?? 'GET',
    'http.route': `/api/users/:username/collection/${set}`,
    'http.response.status_code': 200 + (set % 5),
    'url.scheme': 'http',
    'network.protocol.version': '1.1',
  }
}

function recordWithOpenTelemetry(sets: number, reader: MetricReader) {
  const meter = new MeterProvider({ readers: [reader] }).getMeter('bench', '1.0.0')
  const histogram = meter.createHistogram('bench.request.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: boundaries },
  })
  const counters = ['bench.posts', 'bench.users'].map((name) => meter.createCounter(name))
  const gauge = meter.createGauge('bench.size', { unit: 'By' })
  for (let set = 0; set < sets; set++) {
    const attributes = attributesOf(set)
    for (let time = 0; time < 50; time++) histogram.record(time / 7, attributes)
    for (const counter of counters) counter.add(set, attributes)
    gauge.record(set / 3, attributes)
  }
  return reader
}

function recordWithPromClient(sets: number): Registry {
  const registry = new Registry()
  const labelsOf = (set: number) =>
    Object.fromEntries(
      Object.entries(attributesOf(set)).map(([key, value]) => [key.replaceAll('.', '_'), value]),
    )
  const common = { help: 'No description.', labelNames: Object.keys(labelsOf(0)), registers: [registry] }
  const histogram = new Histogram({ ...common, name: 'bench_request_duration_seconds', buckets: boundaries })
  const counters = ['bench_posts_total', 'bench_users_total'].map((name) => new Counter({ ...common, name }))
  const gauge = new Gauge({ ...common, name: 'bench_size_bytes' })
  for (let set = 0; set < sets; set++) {
    const labels = labelsOf(set)
    for (let time = 0; time < 50; time++) histogram.observe(labels, time / 7)
    for (const counter of counters) counter.inc(labels, set)
    gauge.set(labels, set / 3)
  }
  return registry
}
