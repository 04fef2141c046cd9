import { expect, it, onTestFinished } from 'vitest'
import { requireProgram } from '../../../harness/programs/find.ts'
import { type Prometheus, startPrometheus } from '../../../harness/programs/prometheus.ts'
import { until } from '../../../harness/until.ts'
import { startAcceptProxy } from './support/accept-proxy.ts'
import { startScraped } from './support/scraped.ts'

const protobuf =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited'

/**
 * The formats by job: what the scrape accepts, and what it gets. Without an Accept header, Prometheus sends its own.
 */
const formats: { job: string; accept?: string; contentType: string }[] = [
  { job: 'default', contentType: 'application/openmetrics-text; version=1.0.0' },
  { job: 'text', accept: 'text/plain; version=0.0.4', contentType: 'text/plain; version=0.0.4' },
  {
    job: 'openmetrics',
    accept: 'application/openmetrics-text; version=1.0.0',
    contentType: 'application/openmetrics-text; version=1.0.0',
  },
  { job: 'text-1.0.0', accept: 'text/plain; version=1.0.0', contentType: 'text/plain; version=1.0.0' },
  { job: 'protobuf', accept: protobuf, contentType: protobuf },
]

it('A real Prometheus reads the same series in every format', async (context) => {
  const program = requireProgram('prometheus', context)
  const endpoint = await startScraped()
  const { meter } = endpoint
  const attributes = [{ 'http.route': '/a/:b' }, { 'http.route': '"\\\n🐘', le: '1', a_b: '1', 'a.b': '2' }]
  for (const each of attributes) {
    meter.createCounter('jobs', { unit: '{job}' }).add(7, each)
    meter.createUpDownCounter('queue').add(-2.5, each)
    const wait = meter.createHistogram('wait', {
      unit: 's',
      advice: { explicitBucketBoundaries: [0.1, 1, 5] },
    })
    for (const value of [0.05, 0.5, 0.5, 1, 7]) wait.record(value, each)
  }
  for (const value of [Number.NaN, Infinity, -Infinity, 1e-7, 1e21])
    meter.createGauge('size', { unit: 'By' }).record(value, { value: String(value) })

  const proxies = await Promise.all(
    formats.map(async (format) => ({
      ...format,
      proxy: await startAcceptProxy(endpoint.url, format.accept),
    })),
  )
  const jobs = proxies.map(
    ({ job, proxy }) => `  - job_name: ${job}
    scrape_interval: 1s
    static_configs: [{ targets: ['${proxy.address}'] }]
`,
  )
  const prometheus = await startPrometheus(program, `scrape_configs:\n${jobs.join('')}`)
  onTestFinished(() => prometheus.stop())
  await until('each job is up', async () => (await prometheus.query('up == 1')).length === formats.length)

  // Apart from the endpoint's own metrics, which each scrape changes.
  const recorded = [...(await endpoint.families()).values()]
    .flatMap(({ samples }) => samples)
    .filter(({ name }) => !name.startsWith('microposts_scrape_'))
    .map(({ name, labels, value }) => ({ metric: { __name__: name, ...labels }, value }))
  expect(recorded.length).toBeGreaterThan(20)
  for (const { job, contentType, proxy } of proxies) {
    expect(proxy.contentType()).toContain(contentType)
    expect([job, await seriesOf(prometheus, job)]).toEqual([job, sorted(recorded)])
  }
})

/** The series of a job, without the labels that Prometheus adds. */
async function seriesOf(prometheus: Prometheus, job: string) {
  const own = 'up|scrape_.*|microposts_scrape_.*'
  const series = await prometheus.query(`{job="${job}", __name__!~"${own}"}`)
  return sorted(series.map(({ metric: { job: _, instance: __, ...metric }, value }) => ({ metric, value })))
}

const sorted = <T extends { metric: Record<string, string> }>(series: T[]) =>
  series
    .map((one) => ({ ...one, metric: Object.fromEntries(Object.entries(one.metric).sort()) }))
    .sort((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1))
