// Hostile bytes on both ports of the service.
import pLimit from 'p-limit'
import { readOptions } from '../../../lib/command-line.ts'
import { ceiling } from '../../catalogue/ceiling.ts'
import { createDatabase } from '../../database.ts'
import { findProgram } from '../../programs/find.ts'
import { lintExposition } from '../../programs/prometheus.ts'
import { createRandom, type Random } from '../../random.ts'
import { type Scrape, scrape } from '../../telemetry/scrape.ts'
import { until } from '../../until.ts'
import { type ObservedService, startObserved } from '../observed-service.ts'
import { type Check, holds, none, type Trial } from '../trial.ts'
import { exchange } from './exchange.ts'
import { readRequests } from './framing.ts'
import { judge } from './judge.ts'
import { mutate } from './mutations.ts'
import { smuggling } from './smuggling.ts'
import { unusual } from './unusual.ts'
import { buildWorld, type Operation, readOperations, validRequest, type World } from './valid.ts'

const usage = `Usage: npm run torture -- fuzz [options]

Sends malformed, ambiguous and unusual requests, then random changes of valid ones, each on a connection of its own. The responses
are compared with a strict reading of the bytes (RFC 9112): one response for each request and none for a smuggled one, no 5xx,
and refused bytes end the connection. Afterwards the metrics must have counted each response once, and memory must be flat.

  --requests N         connections with random requests (20000)
  --seed N             repeats a run; a failed run prints its seed (random)
  --database-url URL   PostgreSQL server whose user may create databases; "" for the embedded database ("")
  --help               shows this text
`

const connectionsAtATime = 8
const leakBytesPerConnection = 300
/** What caches and compiled code may differ by between two garbage collections. */
const noiseBytes = 2e6

type Tally = { sent: number; served: number; refused: number; uncertain: number; faults: string[] }

export const fuzz: Trial = async (args, report) => {
  const defaults = { requests: 20_000, seed: Math.floor(Math.random() * 1e9), databaseUrl: '' }
  const { requests, seed, databaseUrl } = readOptions(usage, defaults, args)
  const database = await createDatabase(databaseUrl || undefined)
  const service = await startObserved({}, database)
  try {
    const target = await prepare(service)
    const tally: Tally = { sent: 0, served: 0, refused: 0, uncertain: 0, faults: [] }
    const before = await scrape(service)
    report('the corpus')
    const corpus = [...smuggling, ...unusual]
    await sendAll(
      target,
      corpus.map(({ name, text }) => ({ name, text: text.replaceAll('@', nextId()) })),
      tally,
    )
    report('the corpus on the port of the metrics')
    const ofMetrics = await sendToMetrics(service, corpus)
    const random = createRandom(seed)
    const thirds: { heapBytes: number; series: number }[] = []
    for (const third of [1, 2, 3]) {
      const count = Math.round((requests * third) / 3) - Math.round((requests * (third - 1)) / 3)
      await sendRandom(target, random, count, tally, (sent) =>
        report(`seed ${seed}: ${sent} of ${count}, third ${third}`),
      )
      const { heapBytes } = await service.observe()
      thirds.push({ heapBytes, series: seriesOf(await scrape(service)) })
    }
    const after = await until('no request is active', async () => {
      const seen = await scrape(service)
      return seen.sum('http_server_active_requests') === 0 && seen
    })
    return {
      tables: [
        `Seed ${seed}: ${tally.sent} connections, ${tally.served} responses, ${tally.refused} refusals.`,
      ],
      checks: [
        none('responses that a strict reading does not allow', tally.faults),
        none('the same on the port of the metrics', ofMetrics),
        ...countsOf(before, after, tally),
        ...steadiness(thirds, requests),
        none('errors in the log', service.errors()),
        ...lint(await (await fetch(service.metricsUrl)).text()),
      ],
    }
  } finally {
    await service.stop()
    await database.drop()
  }
}

type Prepared = {
  port: number
  operations: Operation[]
  world: World
  service: ObservedService
}

async function prepare(service: ObservedService): Promise<Prepared> {
  const operations = await readOperations(service)
  const world = await buildWorld(service)
  return { port: Number(new URL(service.url).port), operations, world, service }
}

let lastId = 0
const nextId = () => `c${++lastId}`
const marker = (id: string) =>
  `GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`

type Sending = { name: string; text: string }

async function sendAll(target: Prepared, cases: Sending[], tally: Tally) {
  const limit = pLimit(connectionsAtATime)
  await limit.map(cases, (each) => sendOne(target, each, tally))
}

/** Sends a case, followed by a marker if it ends cleanly, and a marker on a connection of its own. */
async function sendOne({ port, operations }: Prepared, { name, text }: Sending, tally: Tally) {
  for (const part of [text, marker(nextId())]) {
    const alone = readRequests(Buffer.from(part, 'latin1'))
    const isOpen = alone.rest === 'nothing' && !alone.requests.at(-1)?.last
    const bytes = Buffer.from(isOpen ? part + marker(nextId()) : part, 'latin1')
    const reading = readRequests(bytes)
    const isPartial = reading.rest === 'incomplete' || reading.requests.at(-1)?.body === 'incomplete'
    const judgement = judge(reading, await exchange(port, bytes, isPartial), operations)
    tally.sent++
    tally.served += judgement.served
    tally.refused += judgement.refused
    if (judgement.uncertain) tally.uncertain += reading.requests.length + 1
    const which = part === text ? name : `the marker after ${name}`
    tally.faults.push(
      ...judgement.faults.map((fault) => `${which}: ${fault}; sent ${JSON.stringify(text.slice(0, 600))}`),
    )
  }
}

async function sendRandom(
  target: Prepared,
  random: Random,
  count: number,
  tally: Tally,
  progress: (sent: number) => void,
) {
  const batch = 200
  for (let sent = 0; sent < count; sent += batch) {
    progress(sent)
    const cases = Array.from({ length: Math.min(batch, count - sent) }, () => ({
      name: 'a mutation',
      text: mutate(random, sequence(random, target)),
    }))
    await sendAll(target, cases, tally)
  }
}

function sequence(random: Random, { operations, world }: Prepared): string {
  const length = random.pick([1, 1, 2, 3])
  return Array.from({ length }, () => validRequest(random, operations, world, nextId())).join('')
}

/** The metrics have their own server: only that it never fails, never answers too often, and goes on. */
async function sendToMetrics({ metricsUrl }: ObservedService, cases: Sending[]): Promise<string[]> {
  const port = Number(new URL(metricsUrl).port)
  const found = await pLimit(connectionsAtATime).map(cases, async ({ name, text }) => {
    const bytes = Buffer.from(text.replaceAll('/livez', '/metrics'), 'latin1')
    const { requests } = readRequests(bytes)
    // The client leaves, because the server keeps connections open.
    const { bytes: received, end } = await exchange(port, bytes, true)
    const statuses = [...received.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) =>
      Number(status),
    )
    const final = statuses.filter((status) => status >= 200)
    const again = await fetch(metricsUrl, { method: 'HEAD' })
    return [
      ...(final.some((status) => status >= 500) ? [`${name}: ${final}`] : []),
      ...(final.length > requests.length + 1
        ? [`${name}: ${requests.length} requests, ${final.length} responses`]
        : []),
      ...(end === 'timeout' ? [`${name}: the connection is not closed`] : []),
      ...(again.status === 200 ? [] : [`a scrape after ${name}: ${again.status}`]),
    ]
  })
  return found.flat()
}

function countsOf(before: Scrape, after: Scrape, { served, refused, uncertain }: Tally): Check[] {
  const grown = (name: string, labels = {}) => after.sum(name, labels) - before.sum(name, labels)
  const requests = grown('http_server_request_duration_seconds_count')
  const malformed = grown('microposts_request_rejected_total', { microposts_rejection_reason: 'malformed' })
  const seen = (count: number, responses: number) => `${count} counted, ${responses} responses`
  return [
    holds(
      'each request is counted once',
      requests >= served && requests <= served + uncertain,
      seen(requests, served),
    ),
    holds(
      'each refusal is counted once as malformed',
      malformed <= refused + uncertain && malformed >= refused - uncertain,
      seen(malformed, refused),
    ),
    holds(
      'and few responses are unknown, because their client left',
      uncertain < (served + refused) / 5,
      uncertain,
    ),
  ]
}

const seriesOf = ({ families }: Scrape) => [...families.values()].flatMap(({ samples }) => samples).length

function steadiness(thirds: { heapBytes: number; series: number }[], requests: number): Check[] {
  const [first, second, last] = thirds
  if (!first || !second || !last) return []
  // A leak grows with every connection; a cache may fill up once.
  const growth = Math.min(second.heapBytes - first.heapBytes, last.heapBytes - second.heapBytes)
  const bound = (leakBytesPerConnection * requests) / 3 + noiseBytes
  const inMegabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  return [
    holds(
      `the heap grows by less than ${inMegabytes(bound)} in a third of the run`,
      growth < bound,
      inMegabytes(growth),
    ),
    holds(
      'series at most as many as docs/metrics.md says',
      last.series <= ceiling(),
      `${last.series} of ${ceiling()}`,
    ),
  ]
}

function lint(exposition: string): Check[] {
  const promtool = findProgram('promtool')
  return promtool ? [none('what promtool reports', lintExposition(promtool, exposition))] : []
}
