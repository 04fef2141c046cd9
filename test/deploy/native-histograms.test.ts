// The queries for native histograms, in a real Prometheus that scrapes them from the service.
import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { call } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { startPrometheus } from '../../harness/programs/prometheus.ts'
import { startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

type Dashboard = { panels: { title: string; targets?: { expr: string }[] }[] }

/** The expressions of the overview's quantiles, with the durations of this test. */
function overviewQuantiles(): string[] {
  const { panels } = JSON.parse(readFileSync('deploy/grafana/dashboards/overview.json', 'utf8')) as Dashboard
  const { targets = [] } = panels.find(({ title }) => title === 'Quantiles') ?? {}
  return targets.map(({ expr }) => expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s'))
}

/** The queries that the docs show for native histograms. */
function documentedQueries(): string[] {
  const page = readFileSync('docs/operations.md', 'utf8')
  const [, block = ''] = /```promql\n(.*?)```/s.exec(page) ?? []
  return block
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replaceAll('[5m]', '[10s]'))
}

it('The service has native histograms, and the overview and the docs query them', async (context) => {
  const program = requireProgram('prometheus', context)
  const service = await startService({ METRICS_NATIVE_HISTOGRAMS: 'true' })
  onTestFinished(() => service.stop())
  const prometheus = await startPrometheus(
    program,
    `scrape_configs:
  - job_name: microposts
    scrape_interval: 1s
    static_configs: [{ targets: ['${new URL(service.metricsUrl).host}'] }]
`,
    ['--enable-feature=native-histograms'],
  )
  onTestFinished(() => prometheus.stop())
  const queries = [...overviewQuantiles(), ...documentedQueries()]
  expect(queries.length).toBeGreaterThan(5)

  let empty = queries
  await until('every query returns data', async () => {
    await call(service, 'GET', '/api/posts')
    const results = await Promise.all(queries.map((query) => prometheus.query(query)))
    empty = queries.filter((_, index) => results[index]?.every(({ value }) => Number.isNaN(value)))
    return empty.length === 0
  }).catch(() => {})

  expect(empty).toEqual([])
  // This Prometheus stores no classic buckets of a native histogram, so all values above are native.
  expect(await prometheus.query('count({__name__=~"http_server_request_duration_seconds_.+"})')).toEqual([])
})
