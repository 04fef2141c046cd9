// Everything that clients do, for minutes; afterwards the service must be as it was.
import { setTimeout } from 'node:timers/promises'
import { readOptions } from '../../../lib/command-line.ts'
import { newAccount } from '../../audit/actor.ts'
import { createDisconnecting } from '../../audit/disconnecting.ts'
import { type Rows, readRows } from '../../audit/rows.ts'
import { ceiling } from '../../catalogue/ceiling.ts'
import { createDatabase } from '../../database.ts'
import { createRandom } from '../../random.ts'
import { type Scrape, scrape } from '../../telemetry/scrape.ts'
import { until } from '../../until.ts'
import { loginLimit, type MixedLoad, startMixedLoad } from '../instances/mixed-load.ts'
import { type ObservedService, startObserved } from '../observed-service.ts'
import { type Check, holds, none, type Trial } from '../trial.ts'
import { checkMemory, checkResources, sampleMemory } from './memory.ts'
import { scrapeAll } from './scrapers.ts'

const usage = `Usage: npm run torture -- soak [options]

Clients sign up, log in, post, follow, search, read, send invalid requests, open streams and disconnect at any moment, while the metrics
are scraped in every format. No response is a 5xx, other than a 503 with Retry-After where the machine is too busy. Afterwards
memory is flat, nothing stays open, and counters equal rows. npm run alerts -- --soak 600 shows that no alert fires meanwhile.

  --seconds N          seconds of load (600)
  --clients N          clients that send mixed requests (3)
  --seed N             varies the requests (1)
  --database-url URL   PostgreSQL server whose user may create databases (TEST_DATABASE_URL); "" for the embedded database
  --help               shows this text
`

/** The size of the pool by default, and the sockets of whoever scrapes. */
const connections = 14
const settings = {
  RATE_LIMIT_LOGIN: String(loginLimit),
  TRUST_PROXY: 'true',
  HOST: '127.0.0.1',
  OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
}

type Options = { seconds: number; clients: number; seed: number }

export const soak: Trial = async (args, report) => {
  const defaults = { seconds: 600, clients: 3, seed: 1, databaseUrl: process.env.TEST_DATABASE_URL }
  const { databaseUrl, ...options } = readOptions(usage, defaults, args)
  const database = await createDatabase(databaseUrl || undefined)
  const service = await startObserved(settings, database)
  try {
    const idle = await service.observe()
    const { load, ...seen } = await run(service, options, report)
    report('idle')
    // Of its checks, those of failed requests and broken streams are for a machine that is not busy.
    const [complete] = (await load.stop()).filter(({ check }) => check.startsWith('readers'))
    const last = await until('nothing is active', async () => isIdle(await scrape(service)), 60_000)
    const end = await service.observe()
    await service.stop()
    const rows = await readRows(database.env)
    return {
      tables: [],
      checks: [
        holds('responses', load.client.served() > 0, load.client.served()),
        none('responses other than expected, or 503', unexpected(load)),
        ...(complete ? [complete] : []),
        holds('scrapes in every format', seen.scrapes > 0, seen.scrapes),
        none('scrapes that failed', seen.failures),
        ...checkMemory(seen.samples, { half: seen.half.heapBytes, end: end.heapBytes }),
        checkResources(idle.resources, end.resources, connections),
        checkSeries(seen.before, last, options.seconds),
        ...checkCounters(last, rows, load),
        none('errors in the log', unexplained(service)),
      ],
    }
  } finally {
    await service.stop('SIGKILL')
    await database.drop()
  }
}

/** Responses with another status, apart from those that say that the database had no time. */
const unexpected = ({ client }: MixedLoad) => client.unexpected.filter((text) => !/: 503, not/.test(text))

/** Errors other than a database that did not respond in time, on a machine that is too busy. */
const unexplained = (service: ObservedService) =>
  service.errors().filter((line) => !/"message":"SocketTimeout"/.test(line))

async function run(service: ObservedService, options: Options, report: (text: string) => void) {
  const load = await startMixedLoad(service, options)
  const stopping = new AbortController()
  const { signal } = stopping
  const end = performance.now() + options.seconds * 1_000
  const memory = sampleMemory(service.pid ?? 0, signal)
  const scraping = scrapeAll(service, signal)
  const leaving = disconnect(service, load, options.seed, signal)
  const wait = async (share: number) => {
    while (performance.now() < end - (1 - share) * options.seconds * 1_000) {
      report(`${((end - performance.now()) / 1_000).toFixed(0)} s left, ${load.client.served()} responses`)
      await setTimeout(1_000)
    }
  }
  try {
    await wait(0.5)
    const half = await service.observe()
    await wait(0.75)
    const before = await scrape(service)
    await wait(1)
    stopping.abort()
    await leaving
    return { load, half, before, samples: await memory, ...(await scraping) }
  } finally {
    stopping.abort()
  }
}

/** Sends requests whose client disconnects at any moment. */
async function disconnect(
  service: ObservedService,
  { client, ledger }: MixedLoad,
  seed: number,
  signal: AbortSignal,
) {
  const random = createRandom(seed)
  const account = await newAccount({ client, random, ledger, world: { names: new Set(), recent: [] } })
  ledger.disconnects(account.username)
  const disconnecting = createDisconnecting(service.url)
  while (!signal.aborted) await disconnecting.abandonRequest(random, account)
}

function isIdle(seen: Scrape): Scrape | undefined {
  const active = [
    seen.sum('http_server_active_requests'),
    seen.sum('microposts_stream_clients'),
    seen.sum('db_client_connection_count', { db_client_connection_state: 'used' }),
    seen.sum('db_client_connection_pending_requests'),
  ]
  return active.every((count) => count === 0) ? seen : undefined
}

const seriesOf = ({ families }: Scrape) => [...families.values()].flatMap(({ samples }) => samples).length

/** In a short run, some requests are still sent for the first time at the end. */
const settlingSeconds = 300

function checkSeries(before: Scrape, last: Scrape, seconds: number): Check {
  const [first, end] = [seriesOf(before), seriesOf(last)]
  const bound = seconds < settlingSeconds ? ceiling() : first * 1.05
  return holds(
    `series: below the ceiling, and after ${settlingSeconds} s at most 5 % more in the last quarter`,
    end <= Math.min(bound, ceiling()),
    `${first}, then ${end} of ${ceiling()}`,
  )
}

function checkCounters({ sum }: Scrape, rows: Rows, { ledger }: MixedLoad): Check[] {
  const users = sum('microposts_user_registered_total') - sum('microposts_user_deleted_total')
  const { plain, referencing } = ledger.events
  const unknown = rows.posts.filter(({ author }) => !ledger.knowsPostsOf(author)).length
  const created = sum('microposts_post_created_total')
  return [
    holds(
      'registered users less deleted ones equal the rows',
      users === rows.users.length,
      `${users}, ${rows.users.length}`,
    ),
    holds(
      'created posts equal the responses to clients, and the rows of those who disconnect',
      created === plain + referencing + unknown,
      `${created}, ${plain + referencing + unknown}`,
    ),
    none('users whose counts differ from their rows', rows.miscounted),
  ]
}
