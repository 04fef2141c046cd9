// Each alert's real fault, brought about from outside: the service has no hooks for it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { administer, createDatabase, type TemporaryDatabase } from '../database.ts'
import { call } from '../http/client.ts'
import { startService } from '../service.ts'
import { until } from '../until.ts'
import type { Monitoring } from './monitoring.ts'
import type { RelayedService, ServiceOptions } from './relayed-service.ts'
import type { Traffic } from './traffic.ts'

/** What a fault can lay hands on. `repeat` does something again and again until the scene ends; `after` undoes. */
export type Scene = {
  service: RelayedService
  databaseUrl: string
  adminUrl: string
  monitoring: Monitoring
  traffic: Traffic
  repeat: (everyMs: number, act: () => Promise<unknown>) => void
  after: (undo: () => Promise<unknown>) => void
}

export type Fault = {
  name: string
  alert: string
  receiver: 'pager' | 'tickets'
  /** What is special about the service that has it. */
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
    name: 'the database answers 0.15 s late, each way',
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
    name: 'the process is stalled for 0.15 s, again and again (SIGSTOP)',
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
    name: 'one of two workers is killed again and again',
    alert: 'MicropostsWorkersDying',
    receiver: 'tickets',
    service: { workers: 2 },
    inject: async ({ service, repeat }) =>
      // Of one that is gone already there is nothing to kill.
      repeat(50, async () => process.kill(service.workerPids().at(-1) ?? Number.NaN, 'SIGKILL')),
  },
  {
    name: 'eight clients on a pool of two connections to a database that is 5 ms away',
    alert: 'MicropostsPoolExhausted',
    receiver: 'tickets',
    service: { connections: 2 },
    inject: async ({ service, traffic }) => {
      await traffic.stop()
      service.relay.delay(5)
      traffic.start(8, 0, 2)
    },
  },
  {
    name: 'a new version waits for the lock of its migrations',
    alert: 'MicropostsMigrationsUnapplied',
    receiver: 'tickets',
    inject: startBehindLock,
  },
  {
    name: 'somebody tries passwords',
    alert: 'MicropostsLoginFailures',
    receiver: 'tickets',
    inject: async ({ service, traffic, repeat }) =>
      repeat(100, () =>
        call(service, 'POST', '/api/login', {
          json: { username: traffic.user.username, password: 'a guess of mine' },
        }),
      ),
  },
  {
    name: 'somebody scrapes with a timeout of a millisecond',
    alert: 'MicropostsScrapesFailing',
    receiver: 'tickets',
    inject: async ({ service, repeat }) =>
      repeat(100, () =>
        fetch(service.metricsUrl, { headers: { 'X-Prometheus-Scrape-Timeout-Seconds': '0.001' } }),
      ),
  },
  {
    name: 'one request of many fails in the database',
    alert: 'MicropostsExceptions',
    receiver: 'tickets',
    inject: failOnce,
  },
  {
    name: 'the list of targets is emptied',
    alert: 'MicropostsAbsent',
    receiver: 'pager',
    inject: ({ monitoring }) => monitoring.setTargets('microposts', []),
  },
  {
    name: 'a Collector has nothing to show',
    alert: 'MicropostsPushStopped',
    receiver: 'pager',
    inject: startEmptyCollector,
  },
]

/** Prisma's engine and ours take this advisory lock for migrations. */
const lockMigrations = 'SELECT pg_advisory_lock(72707369)'

async function startBehindLock({ adminUrl, service, monitoring, after }: Scene) {
  const database = await createDatabase(adminUrl)
  after(database.drop)
  const other = new Client({ connectionString: urlOf(database) })
  await other.connect()
  after(() => other.end())
  await other.query(lockMigrations)
  const waiting = await startService({}, database, { waitFor: 'listening' })
  after(() => waiting.stop('SIGKILL'))
  await monitoring.setTargets('microposts', [service, waiting].map(addressOf))
}

/** Enough succeed before that one failure is within the budget. */
async function failOnce({ databaseUrl, service, traffic }: Scene) {
  const enough = traffic.sent() + 1_500
  traffic.start(4, 5, 2)
  await until('enough requests succeeded', () => traffic.sent() > enough, 60_000)
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
  if (status !== 500) throw new Error(`The request that should fail was answered with ${status}.`)
}

async function startEmptyCollector({ monitoring, after }: Scene) {
  const collector = createServer((_, response) => response.setHeader('Content-Type', 'text/plain').end())
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  after(async () => collector.close().closeAllConnections())
  await monitoring.setTargets('collector', [`127.0.0.1:${(collector.address() as AddressInfo).port}`])
}

export const addressOf = ({ metricsUrl }: { metricsUrl: string }) => new URL(metricsUrl).host

export function urlOf({ env }: TemporaryDatabase): string {
  if ('DATABASE_URL' in env) return env.DATABASE_URL
  throw new Error('The database is embedded.')
}
