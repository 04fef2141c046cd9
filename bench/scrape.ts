// How long it takes to write a scrape's page, and how long the event loop stands still meanwhile.
import { parseArgs } from 'node:util'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { machine } from '../harness/command-line/machine.ts'
import { table } from '../harness/command-line/table.ts'
import { silentLog } from '../harness/log.ts'
import { createExpositionWriter } from '../otel/pull/exposition/exposition.ts'

const HELP = `Writes a page of some 10,000 lines with our serializer, the stock exporter's and prom-client's, in turn, and
prints the median time, the longest stall of the event loop, and both against the stock exporter.

  npm run bench:scrape -- [--lines 10000] [--rounds 40]

"with collection" is a whole scrape: the SDK's own collection too, which cannot be sliced. "first scrape" has no
label texts kept from a scrape before. The SDK keeps 2,000 series per instrument: at most 40,000 lines.
`

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '40' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** One histogram series has a line for each bucket, +Inf, sum and count; with it go two counters and a gauge. */
const LINES_PER_SET = BOUNDARIES.length + 3 + 3
const rounds = Number(values.rounds)
const sets = Math.round(Number(values.lines) / LINES_PER_SET)

const reader = recordWithOpenTelemetry()
const registry = recordWithPromClient()
const { resourceMetrics } = await reader.collect()
const stock = new PrometheusSerializer()
const ours = createExpositionWriter(silentLog)

const cases: Record<string, () => Promise<Buffer>> = {
  'stock exporter': async () => Buffer.from(stock.serialize(resourceMetrics)),
  'prom-client': async () => Buffer.from(await registry.metrics()),
  'ours, text': () => ours.write([{ resourceMetrics }], 'text'),
  'ours, OpenMetrics': () => ours.write([{ resourceMetrics }], 'openmetrics'),
  'ours, first scrape': () => createExpositionWriter(silentLog).write([{ resourceMetrics }], 'text'),
  'ours, with collection': async () => {
    const collected = await reader.collect()
    return ours.write([{ resourceMetrics: collected.resourceMetrics }], 'text')
  },
}

const measured = new Map(Object.keys(cases).map((name) => [name, [] as Measured[]]))
for (let round = -3; round < rounds; round++) {
  for (const [name, write] of Object.entries(cases)) {
    const result = await measure(write)
    if (round >= 0) measured.get(name)?.push(result)
  }
}
report()

type Measured = { ms: number; stallMs: number; page: Buffer }

async function measure(write: () => Promise<Buffer>): Promise<Measured> {
  let stallMs = 0
  let running = true
  let turn = performance.now()
  const started = turn
  const watch = () => {
    const now = performance.now()
    stallMs = Math.max(stallMs, now - turn)
    turn = now
    if (running) setImmediate(watch)
  }
  setImmediate(watch)
  const page = await write()
  const ms = performance.now() - started
  running = false
  await new Promise(setImmediate)
  return { ms, stallMs, page }
}

function report() {
  const median = (name: string, of: (run: Measured) => number) =>
    (measured.get(name) ?? []).map(of).sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN
  const rows = Object.keys(cases).map((name) => {
    const ms = median(name, (run) => run.ms)
    const page = measured.get(name)?.[0]?.page.toString() ?? ''
    return [
      name,
      page.split('\n').length - 1,
      Math.round(page.length / 1024),
      ms.toFixed(1),
      median(name, (run) => run.stallMs).toFixed(1),
      `${(median('stock exporter', (run) => run.ms) / ms).toFixed(1)}×`,
    ]
  })
  process.stdout.write(`${machine()}\n${rounds} rounds, the cases in turn, medians\n\n`)
  process.stdout.write(`${table(['', 'lines', 'KiB', 'ms', 'stall ms', 'faster'], rows)}\n`)
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

function recordWithOpenTelemetry() {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const meter = new MeterProvider({ readers: [exporter] }).getMeter('bench', '1.0.0')
  const histogram = meter.createHistogram('bench.request.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  const counters = ['bench.posts', 'bench.users'].map((name) => meter.createCounter(name))
  const gauge = meter.createGauge('bench.size', { unit: 'By' })
  for (let set = 0; set < sets; set++) {
    const attributes = attributesOf(set)
    for (let time = 0; time < 50; time++) histogram.record(time / 7, attributes)
    for (const counter of counters) counter.add(set, attributes)
    gauge.record(set / 3, attributes)
  }
  return exporter
}

function recordWithPromClient() {
  const registers = [new Registry()]
  const help = 'No description.'
  const labelNames = Object.keys(attributesOf(0)).map((key) => key.replaceAll('.', '_'))
  const buckets = BOUNDARIES
  const histogram = new Histogram({
    name: 'bench_request_duration_seconds',
    help,
    labelNames,
    buckets,
    registers,
  })
  const counters = ['bench_posts_total', 'bench_users_total'].map(
    (name) => new Counter({ name, help, labelNames, registers }),
  )
  const gauge = new Gauge({ name: 'bench_size_bytes', help, labelNames, registers })
  for (let set = 0; set < sets; set++) {
    const labels = Object.fromEntries(
      Object.entries(attributesOf(set)).map(([key, value]) => [key.replaceAll('.', '_'), value]),
    )
    for (let time = 0; time < 50; time++) histogram.observe(labels, time / 7)
    for (const counter of counters) counter.inc(labels, set)
    gauge.set(labels, set / 3)
  }
  return registers[0] ?? new Registry()
}
