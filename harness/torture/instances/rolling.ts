// Restarts two instances behind haproxy, one after the other, while clients send everything that they may send.
import { METHODS } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../../lib/command-line.ts'
import { checkRows } from '../../audit/checks/compare.ts'
import { createCounts, lastPushes } from '../../audit/checks/counts.ts'
import { routeOf } from '../../audit/checks/routes.ts'
import { type Check as Comparison, check, tally } from '../../audit/checks/tally.ts'
import { readRows } from '../../audit/rows.ts'
import { createDatabase, type DatabaseEnv } from '../../database.ts'
import { locateProgram } from '../../programs/find.ts'
import { type Haproxy, type ProxiedRequest, startHaproxy } from '../../programs/haproxy.ts'
import { startCollector } from '../../telemetry/otlp-sink.ts'
import { until } from '../../until.ts'
import { type Check, holds, none, type Trial } from '../trial.ts'
import { type Instances, instanceNames, startInstances } from './instances.ts'
import { loginLimit, startMixedLoad } from './mixed-load.ts'

const usage = `Usage: npm run torture -- rolling [options]

Two instances on one PostgreSQL behind haproxy (deploy/haproxy/microposts.cfg) are restarted one after the other with SIGTERM, while
clients send mixed requests, posts with an Idempotency-Key, and read streams. No request may fail, each stop ends within 10 s, each
stream resumes without loss or repetition, and the last metrics of all processes equal haproxy's log and the rows. Needs haproxy.

  --restarts N         restarts of each instance (5)
  --clients N          clients that send mixed requests (8)
  --seed N             varies the requests (1)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL)
  --help               shows this text
`

/** Process managers wait this long before SIGKILL. */
const stopSeconds = 10
/** Of the load between two restarts. */
const pauseMs = 1_500

type Options = { restarts: number; clients: number; seed: number }

export const rolling: Trial = async (args, report) => {
  const defaults = { restarts: 5, clients: 8, seed: 1, databaseUrl: process.env.TEST_DATABASE_URL }
  const { databaseUrl, ...options } = readOptions(usage, defaults, args)
  if (!databaseUrl) throw new Error('Neither --database-url nor TEST_DATABASE_URL is set.')
  const haproxy = locateProgram('haproxy')
  const database = await createDatabase(databaseUrl)
  try {
    return { checks: await roll(haproxy, database.env, options, report), tables: [] }
  } finally {
    await database.drop()
  }
}

async function roll(
  program: string,
  database: DatabaseEnv,
  options: Options,
  report: (text: string) => void,
): Promise<Check[]> {
  const undo: (() => unknown)[] = []
  try {
    const collector = await startCollector()
    undo.push(collector.stop)
    const instances = await startInstances(database, {
      RATE_LIMIT_LOGIN: String(loginLimit),
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl,
    })
    undo.push(() => instances.stopAll('SIGKILL'))
    const proxy = await startHaproxy(
      program,
      'microposts.cfg',
      instances.addresses,
      (port) => `http://127.0.0.1:${port}/readyz`,
    )
    undo.push(proxy.stop)
    const load = await startMixedLoad(proxy, options)
    for (let restart = 1; restart <= options.restarts; restart++)
      for (const name of instanceNames) {
        report(
          `restart ${restart} of ${options.restarts} of instance ${name}, ${load.client.served()} requests`,
        )
        await restartBehind(proxy, instances, name)
      }
    report('comparing')
    const seen = await load.stop()
    await instances.stopAll()
    await proxy.stop()
    const pushes = lastPushes(collector.received)
    const processes = 2 * (options.restarts + 1)
    const counts = createCounts(pushes)
    const rows = await readRows(database)
    const comparisons = [checkLog(proxy.log, counts), ...checkRows(counts, { rows, ledger: load.ledger })]
    const { stops } = instances
    const slowest = Math.max(...stops.map(({ seconds }) => seconds))
    return [
      ...seen,
      holds(
        `stops that take at most ${stopSeconds} s: the longest`,
        slowest <= stopSeconds,
        `${slowest.toFixed(1)} s`,
      ),
      none(
        'exit codes other than 0',
        stops.filter(({ exitCode }) => exitCode !== 0).map(({ exitCode }) => exitCode),
      ),
      holds(`processes of ${processes} that pushed metrics`, pushes.length === processes, pushes.length),
      ...comparisons.map(toCheck),
      holds('requests that haproxy sent again', true, proxy.log.filter(({ retries }) => retries > 0).length),
    ]
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

/** Restarts an instance and waits until haproxy sends it requests again, as an operator must before the next restart. */
async function restartBehind(proxy: Haproxy, instances: Instances, name: (typeof instanceNames)[number]) {
  await setTimeout(pauseMs)
  await instances.stop(name)
  await setTimeout(pauseMs)
  const before = proxy.log.length
  await instances.start(name)
  await until(`haproxy uses instance ${name}`, () =>
    proxy.log.slice(before).some(({ server }) => server === name),
  )
}

/** haproxy's own health checks are not in its log. */
const readiness = '/readyz'

function checkLog(log: readonly ProxiedRequest[], { by }: ReturnType<typeof createCounts>): Comparison {
  const counted = by('http.server.request.duration count', (attributes) => {
    const {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
    } = attributes
    return route === readiness ? undefined : `${method} ${route ?? '(no route)'} ${status}`
  })
  const logged = tally(log, ({ method, path, status, server }) => {
    const route = routeOf(method, path)
    const isCounted = server !== undefined && route !== readiness && isRequest(method, status)
    return isCounted ? `${nameOf(method)} ${route ?? '(no route)'} ${status}` : undefined
  })
  return check('requests by method, route, status', counted, 'haproxy’s log', logged)
}

/** Node.js responds to other methods, and to headers that are too long, before they become requests. */
const isRequest = (method: string, status: number) => METHODS.includes(method) && status !== 431

const standard = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
])
const nameOf = (method: string) => (standard.has(method) ? method : '_OTHER')

function toCheck({ what, against, counted, found, differences }: Comparison): Check {
  const examples = differences.slice(0, 3).map(({ key, counted, found }) => `${key}: ${counted} and ${found}`)
  return {
    check: `${what}, as in ${against}`,
    passed: differences.length === 0,
    seen: [`${counted} and ${found}`, ...examples].join('; '),
  }
}
