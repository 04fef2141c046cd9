// Two instances behind haproxy, whose metrics a collector receives.
import { METHODS } from 'node:http'
import { httpMethods } from '../../../lib/http-attributes.ts'
import { checkRows } from '../../audit/checks/compare.ts'
import { createCounts, lastPushes } from '../../audit/checks/counts.ts'
import { routeOf } from '../../audit/checks/routes.ts'
import { type Check as Comparison, check, tally } from '../../audit/checks/tally.ts'
import type { Ledger } from '../../audit/ledger.ts'
import { readRows } from '../../audit/rows.ts'
import type { DatabaseEnv } from '../../database.ts'
import { locateProgram } from '../../programs/find.ts'
import { type ProxiedRequest, startHaproxy } from '../../programs/haproxy.ts'
import { startCollector } from '../../telemetry/otlp-sink.ts'
import { type Check, holds, none } from '../trial.ts'
import { startInstances } from './instances.ts'

export type Deployment = Awaited<ReturnType<typeof deploy>>

/** Process managers wait this long before SIGKILL. */
const stopSeconds = 10

/** `env` has further settings of the instances. `stop` ends everything that still runs. */
export async function deploy(database: DatabaseEnv, env: Record<string, string>) {
  const program = locateProgram('haproxy')
  const workers = Number(env.WORKERS ?? 1)
  /** Of each instance: several workers have a primary. */
  const processes = workers > 1 ? workers + 1 : 1
  const undo: (() => unknown)[] = []
  const stop = async () => {
    for (const step of undo.toReversed()) await step()
  }
  try {
    const collector = await startCollector()
    undo.push(collector.stop)
    const settings = {
      SHUTDOWN_DELAY: '5s',
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl,
    }
    const instances = await startInstances(database, { ...settings, ...env })
    undo.push(() => instances.stopAll('SIGKILL'))
    const ready = (port: number) => `http://127.0.0.1:${port}/readyz`
    const proxy = await startHaproxy(program, 'microposts.cfg', instances.addresses, ready)
    undo.push(proxy.stop)
    return {
      instances,
      proxy,
      stop,

      /**
       * Stops the instances, and compares their last metrics with haproxy's log and the rows of the database at `direct`.
       * All requests must have been sent through haproxy, and be in the ledger.
       */
      async settle(direct: DatabaseEnv, ledger: Ledger): Promise<Check[]> {
        await instances.stopAll()
        await proxy.stop()
        const pushes = lastPushes(collector.received)
        const counts = createCounts(pushes)
        const comparisons = checkRows(counts, { rows: await readRows(direct), ledger })
        const { stops } = instances
        const slowest = Math.max(...stops.map(({ seconds }) => seconds))
        const failed = stops.filter(({ exitCode }) => exitCode !== 0)
        return [
          holds(
            `no stop takes longer than ${stopSeconds} s; the longest`,
            slowest <= stopSeconds,
            `${slowest.toFixed(1)} s`,
          ),
          none(
            `exit codes other than 0, of ${stops.length}`,
            failed.map(({ exitCode }) => exitCode),
          ),
          holds(
            `processes that pushed metrics`,
            pushes.length === stops.length * processes,
            `${pushes.length} of ${stops.length * processes}`,
          ),
          ...[checkLog(proxy.log, counts), ...comparisons].map(toCheck),
        ]
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
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
    if (server === undefined || route === readiness || !isRequest(method, status)) return undefined
    return `${methods.has(method) ? method : '_OTHER'} ${route ?? '(no route)'} ${status}`
  })
  return check('requests by method, route, status', counted, 'haproxy’s log', logged)
}

const methods: ReadonlySet<string> = new Set(httpMethods)

/** Node.js responds to other methods, and to headers that are too long, before they become requests. */
const isRequest = (method: string, status: number) => METHODS.includes(method) && status !== 431

function toCheck({ what, against, counted, found, differences }: Comparison): Check {
  const examples = differences.slice(0, 3).map(({ key, counted, found }) => `${key}: ${counted} and ${found}`)
  return {
    check: `${what}, as in ${against}`,
    passed: differences.length === 0,
    seen: [`${counted} and ${found}`, ...examples].join('; '),
  }
}
