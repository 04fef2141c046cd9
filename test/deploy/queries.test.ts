// Every PromQL expression in rules, dashboards and docs uses existing metrics and labels, and returns data.
import { globSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Monitoring, startMonitoring } from '../../harness/alerts/monitoring.ts'
import { shortenDurations } from '../../harness/alerts/shorten.ts'
import { administer, createDatabase, hasServer, testServer } from '../../harness/database.ts'
import { buildPost, buildUser, call, uniqueName } from '../../harness/http/client.ts'
import { findProgram, requireProgram } from '../../harness/programs/find.ts'
import { type Service, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'
import { metricsByFamily } from '../metrics/support/closed-sets.ts'
import { queriesOf } from './support/documented-queries.ts'
import { readExpression } from './support/promql.ts'

type RulesFile = { groups: { rules: { record?: string; alert?: string; expr: string }[] }[] }
type Target = { expr: string; legendFormat: string }
type Dashboard = { panels: { title: string; targets?: Target[] }[] }

/** Shortens 5m to 20 s, so that rules have values within seconds. */
const divisor = 15

const rules = globSync('deploy/prometheus/rules/*.yml')
  .flatMap((file) => (parse(readFileSync(file, 'utf8')) as RulesFile).groups)
  .flatMap((group) => group.rules)
  .map(({ record, alert, expr }) => ({ name: record ?? alert ?? '', expr }))
const panels = globSync('deploy/grafana/dashboards/*.json').flatMap((file) =>
  (JSON.parse(readFileSync(file, 'utf8')) as Dashboard).panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      name: `${file.replace(/^.*\//, '')}: ${title}`,
      expr: expr.replace(/\$(instance|route)/g, '.*').replaceAll('$__rate_interval', '20s'),
      legend: legendFormat,
    })),
  ),
)
const documented = ['README.md', ...globSync('docs/*.md')].flatMap((file) =>
  queriesOf(readFileSync(file, 'utf8')).map((expr) => ({
    name: file,
    expr: shortenDurations(expr, divisor),
    legend: '',
  })),
)
const queries = [...panels, ...documented]
const builtIn = ['up', 'ALERTS', 'scrape_duration_seconds', 'scrape_samples_scraped', 'target_info']

describe('the expressions in rules, dashboards and docs', () => {
  it('use only metrics of the catalogues, recorded series and built-in series of Prometheus', () => {
    const recorded = rules.map(({ name }) => name)
    const known = new Set([...metricsByFamily.keys(), ...recorded, ...builtIn])
    const unknown = [...rules, ...queries].flatMap(({ name, expr }) =>
      readExpression(expr)
        .metrics.filter(
          (metric) => !known.has(metric) && !known.has(metric.replace(/_(bucket|count|sum)$/, '')),
        )
        .map((metric) => `${name}: ${metric}`),
    )
    expect(unknown).toEqual([])
  })
})

describe.runIf(hasServer())('the expressions in rules, dashboards and docs, in a live Prometheus', () => {
  let service: Service
  let monitoring: Monitoring
  const undo: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    const prometheus = findProgram('prometheus')
    const alertmanager = findProgram('alertmanager')
    if (!prometheus || !alertmanager || !testServer) return
    const database = await createDatabase(testServer)
    undo.push(database.drop)
    service = await startService({}, database)
    undo.push(() => service.stop())
    await administer(database.env.DATABASE_URL, failing)
    monitoring = await startMonitoring({ prometheus, alertmanager, divisor, metricsUrl: service.metricsUrl })
    undo.push(monitoring.stop)
    // Stands in for the Collector of the profile `push`.
    await monitoring.setTargets('collector', [service.metricsUrl])
  }, 90_000)
  afterAll(async () => {
    for (const step of undo.toReversed()) await step()
  })

  it('return data after some traffic, and use only existing metrics and labels', {
    timeout: 120_000,
  }, async (context) => {
    requireProgram('prometheus', context)
    requireProgram('alertmanager', context)
    let empty: string[] = []
    await until(
      'every query returns data',
      async () => {
        await makeTraffic(service)
        empty = await queriesWithoutData(monitoring.url)
        return empty.length === 0
      },
      75_000,
    ).catch(() => {})
    expect(empty).toEqual([])

    const labels = await labelsByMetric(monitoring.url)
    const unknown = [...rules, ...queries].flatMap(({ name, expr }) => {
      const { metrics, needs } = readExpression(expr)
      return [
        ...metrics.filter((metric) => !labels.has(metric)).map((metric) => `${name}: no metric ${metric}`),
        ...needs
          .filter((need) => !need.metrics.some((metric) => labels.get(metric)?.has(need.label)))
          .map((need) => `${name}: no label ${need.label} on ${need.metrics}`),
      ]
    })
    expect(unknown).toEqual([])
  })
})

/** Makes inserting a post with the text `fail` an unexpected database error. */
const failing = `CREATE FUNCTION fail() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$ LANGUAGE plpgsql;
  CREATE TRIGGER fail BEFORE INSERT ON "Post" FOR EACH ROW WHEN (NEW."text" = 'fail') EXECUTE FUNCTION fail()`

/** Requests that succeed, are rejected, match no route, or fail with an exception. */
async function makeTraffic(target: { url: string }) {
  const user = await buildUser(target)
  const other = await buildUser(target)
  const mine = `/api/users/${user.username}`
  const { token } = user
  await buildPost(target, user)
  const { id } = await buildPost(target, user, { referenced: other.username })
  await call(target, 'POST', `${mine}/collection`, { token, json: { text: 'fail' } })
  await call(target, 'PATCH', `${mine}/collection/${id}`, { token, json: { text: 'Edited' } })
  await call(target, 'DELETE', `${mine}/collection/${id}`, { token })
  await call(target, 'GET', `${mine}/collection`)
  await call(target, 'PUT', `${mine}/following/${other.username}`, { token })
  await call(target, 'GET', `${mine}/timeline`, { token })
  await call(target, 'POST', '/api/users', { json: { username: user.username, password: user.password } })
  await call(target, 'POST', '/api/login', { json: { username: uniqueName(), password: 'a wrong password' } })
  await call(target, 'GET', '/nowhere')
}

async function query<T>(url: string, path: string): Promise<T> {
  const response = await fetch(url + path)
  return ((await response.json()) as { data: T }).data
}

type Vector = { result: { metric: Record<string, string>; value: [number, string] }[] }

/** Queries that return no number, or whose result lacks a label that the legend shows. */
async function queriesWithoutData(url: string): Promise<string[]> {
  const names: string[] = []
  for (const { name, expr, legend } of queries) {
    const { result } = await query<Vector>(url, `/api/v1/query?query=${encodeURIComponent(expr)}`)
    const numbers = result.filter(({ value }) => value[1] !== 'NaN')
    const shown = Array.from(legend.matchAll(/\{\{(\w+)\}\}/g), ([, label = '']) => label)
    if (numbers.length === 0) names.push(`${name}: ${expr}`)
    else if (!shown.every((label) => numbers.some(({ metric }) => label in metric)))
      names.push(`${name}: legend ${legend}`)
  }
  return names
}

async function labelsByMetric(url: string): Promise<Map<string, Set<string>>> {
  const series = await query<Record<string, string>[]>(url, `/api/v1/series?match[]={__name__=~".%2B"}`)
  const labels = new Map<string, Set<string>>()
  for (const { __name__: name = '', ...rest } of series) {
    const known = labels.get(name) ?? new Set()
    for (const label of Object.keys(rest)) known.add(label)
    labels.set(name, known)
  }
  // A native histogram has the labels of the classic one, and its name without a suffix.
  for (const [name, known] of labels)
    if (name.endsWith('_bucket')) labels.set(name.replace(/_bucket$/, ''), known)
  return labels
}
