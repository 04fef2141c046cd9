// A real fault for each alert, injected from outside: the service has no hooks for it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { administer, createDatabase } from '../database.ts'
import { call, send } from '../http/client.ts'
import { startService } from '../service.ts'
import { until } from '../until.ts'
import type { Monitoring } from './monitoring.ts'
import type { RelayedService, ServiceOptions } from './relayed-service.ts'
import type { Traffic } from './traffic.ts'

/** What a fault can act on. `repeat` repeats an action until the scene ends; `after` adds a clean-up. */
export type Scene = {
  service: RelayedService
  databaseUrl: string
  serverUrl: string
  monitoring: Monitoring
  traffic: Traffic
  repeat: (everyMs: number, act: () => Promise<unknown>) => void
  after: (undo: () => Promise<unknown>) => void
}

export type Fault = {
  name: string
  alert: string
  receiver: 'pager' | 'tickets'
  /** Settings of the service that the fault needs. */
  service?: ServiceOptions
  inject: (scene: Scene) => Promise<unknown>
}

export const faults: Fault[] = [
  {
    name: 'the service is killed',
    alert: 'MicropostsTargetDown',
    receiver: 'pager',
    inject: ({ service }) => service.stop('SIGKILL'),
  },
  {
    name: 'the database is slow: 0.15 s each way',
    alert: 'MicropostsLatencyBudgetBurn',
    receiver: 'pager',
    inject: async ({ service }) => service.relay.delay(150),
  },
  {
    name: 'the database refuses connections',
    alert: 'MicropostsAvailabilityBudgetBurn',
    receiver: 'pager',
    inject: ({ service }) => service.relay.stop(),
  },
  {
    name: 'the process stops for 0.15 s repeatedly (SIGSTOP)',
    alert: 'MicropostsEventLoopLag',
    receiver: 'tickets',
    inject: async ({ service, repeat }) =>
      repeat(250, async () => {
        service.kill('SIGSTOP')
        await setTimeout(150)
        service.kill('SIGCONT')
      }),
  },
  {
    name: 'one of two workers is killed repeatedly',
    alert: 'MicropostsWorkersDying',
    receiver: 'tickets',
    service: { workers: 2 },
    inject: async ({ service, repeat }) =>
      // Rejects, which is ignored, while no new worker has started.
      repeat(50, async () => process.kill(service.workerPids().at(-1) ?? Number.NaN, 'SIGKILL')),
  },
  {
    name: 'eight clients share two connections to a database that is 5 ms away',
    alert: 'MicropostsPoolExhausted',
    receiver: 'tickets',
    service: { connections: 2 },
    inject: async ({ service, traffic }) => {
      await traffic.stop()
      service.relay.delay(5)
      traffic.start(8, 0, 'profile')
    },
  },
  {
    name: 'a new version waits for the migration lock',
    alert: 'MicropostsMigrationsUnapplied',
    receiver: 'tickets',
    inject: startBehindLock,
  },
  {
    name: 'a client guesses passwords',
    alert: 'MicropostsLoginFailures',
    receiver: 'tickets',
    inject: async ({ service, traffic, repeat }) =>
      repeat(100, () =>
        call(service, 'POST', '/api/login', {
          json: { username: traffic.user.username, password: 'a wrong password' },
        }),
      ),
  },
  {
    name: 'a client scrapes with a timeout of a millisecond',
    alert: 'MicropostsScrapesFailing',
    receiver: 'tickets',
    inject: async ({ service, repeat }) =>
      repeat(100, () =>
        fetch(service.metricsUrl, { headers: { 'X-Prometheus-Scrape-Timeout-Seconds': '0.001' } }),
      ),
  },
  {
    name: 'one of many requests fails in the database',
    alert: 'MicropostsExceptions',
    receiver: 'tickets',
    inject: failOnce,
  },
  {
    name: 'one of many requests is beyond what the service can take',
    alert: 'MicropostsOverload',
    receiver: 'tickets',
    service: { env: { MAX_STREAMS: '1' } },
    inject: overloadOnce,
  },
  {
    name: 'the list of targets is emptied',
    alert: 'MicropostsAbsent',
    receiver: 'pager',
    inject: ({ monitoring }) => monitoring.setTargets('microposts', []),
  },
  {
    name: 'the Collector exposes no metrics',
    alert: 'MicropostsPushStopped',
    receiver: 'pager',
    inject: startEmptyCollector,
  },
]

/** Prisma and the service take this advisory lock for migrations. */
const lockMigrations = 'SELECT pg_advisory_lock(72707369)'

async function startBehindLock({ serverUrl, service, monitoring, after }: Scene) {
  const database = await createDatabase(serverUrl)
  after(database.drop)
  const other = new Client({ connectionString: database.env.DATABASE_URL })
  await other.connect()
  after(() => other.end())
  await other.query(lockMigrations)
  const waiting = await startService({}, database, { waitFor: 'listening' })
  after(() => waiting.stop('SIGKILL'))
  await monitoring.setTargets('microposts', [service.metricsUrl, waiting.metricsUrl])
}

/** Sends so many successful requests that one failure stays within the error budget. */
async function sendManyRequests(traffic: Traffic) {
  const enough = traffic.sent() + 1_500
  traffic.start(4, 5, 'profile')
  await until('enough requests have succeeded', () => traffic.sent() > enough, 60_000)
}

async function overloadOnce({ service, traffic, after }: Scene) {
  await sendManyRequests(traffic)
  const { username, token } = traffic.user
  const openStream = () => send(service, 'GET', `/api/users/${username}/timeline/stream`, { token })
  const first = await openStream()
  after(async () => first.destroy())
  const { statusCode } = await openStream()
  if (statusCode !== 503) throw new Error(`The response to the second stream was ${statusCode}.`)
}

async function failOnce({ databaseUrl, service, traffic }: Scene) {
  await sendManyRequests(traffic)
  await administer(
    databaseUrl,
    `CREATE FUNCTION fail() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$ LANGUAGE plpgsql;
     CREATE TRIGGER fail BEFORE INSERT ON "Post" FOR EACH ROW WHEN (NEW."text" = 'fail') EXECUTE FUNCTION fail()`,
  )
  const { username, token } = traffic.user
  const { status } = await call(service, 'POST', `/api/users/${username}/collection`, {
    token,
    json: { text: 'fail' },
  })
  if (status !== 500) throw new Error(`The response to the failing request was ${status}.`)
}

async function startEmptyCollector({ monitoring, after }: Scene) {
  const collector = createServer((_, response) => response.setHeader('Content-Type', 'text/plain').end())
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  after(async () => collector.close().closeAllConnections())
  await monitoring.setTargets('collector', [`http://127.0.0.1:${(collector.address() as AddressInfo).port}`])
}
