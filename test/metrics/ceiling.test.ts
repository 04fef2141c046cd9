// Hostile requests exceed neither the number of series that docs/metrics.md gives, nor a constant amount of memory.
// CEILING_SEED=… sends other requests.
import { connect } from 'node:net'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ceiling, ceilingOf } from '../../harness/catalogue/ceiling.ts'
import { buildUser } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { lintExposition } from '../../harness/programs/prometheus.ts'
import { createRandom, type Random } from '../../harness/random.ts'
import { type Service, startService } from '../../harness/service.ts'
import { type Scrape, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { hostileConnection, type Sent, type World } from '../http/support/hostile-requests.ts'
import { metricsByFamily, unexpectedSeries } from './support/closed-sets.ts'

const requests = 20_000
const connectionsAtATime = 4
const leakBytesPerRequest = 300

/** Logs the size of the heap after a garbage collection, for each SIGUSR2. */
const logHeap = `process.on('SIGUSR2', () => {
  gc()
  console.log(JSON.stringify({ level: 30, msg: 'heap', bytes: process.memoryUsage().heapUsed }))
})`
const env = { NODE_OPTIONS: '--expose-gc', TRUST_PROXY: 'true' }
const preload = ['./otel/register.ts', `data:text/javascript,${encodeURIComponent(logHeap)}`]

let service: Service
let seen: Scrape
/** The state after one third of the requests, two thirds, and all. */
const thirds: { series: Set<string>; heapBytes: number }[] = []

beforeAll(async () => {
  service = await startService(env, undefined, { preload })
  const world = await buildWorld()
  const random = createRandom(Number(process.env.CEILING_SEED ?? 1))
  for (const third of [1, 2, 3]) {
    await attack(random, world, Math.round((requests * third) / 3))
    seen = await scrape(service)
    thirds.push({ series: seriesOf(seen), heapBytes: await heapBytes() })
  }
}, 120_000)
afterAll(() => service.stop())

async function buildWorld(): Promise<World> {
  const [owner, other] = [await buildUser(service), await buildUser(service)]
  return { username: owner.username, token: owner.token, other: other.username }
}

let sent = 0

/** Sends connections with several requests each, until `total` requests were sent. */
async function attack(random: Random, world: World, total: number) {
  const limit = pLimit(connectionsAtATime)
  const running: Promise<void>[] = []
  while (sent < total) {
    const connection = hostileConnection(random, world)
    sent += connection.requests
    running.push(limit(() => send(connection)))
  }
  await Promise.all(running)
}

/** Resolves when the connection is closed, with any response. */
function send({ bytes, leaves }: Sent): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(service.url).port), 'localhost')
    // A reset is an allowed response.
    socket.on('error', () => {})
    socket.once('close', () => resolve())
    socket.resume()
    if (leaves) socket.end(bytes)
    else socket.write(bytes)
  })
}

/** The series that requests create, with one per histogram. Others depend on the load of the machine. */
function seriesOf({ families }: Scrape): Set<string> {
  const samples = [...families.values()].flatMap((family) => family.samples)
  const ofRequests = samples.filter(({ name }) => /^(http_server|microposts)_.*(?<!_bucket|_sum)$/.test(name))
  return new Set(ofRequests.map(({ name, labels }) => JSON.stringify([name, labels])))
}

async function heapBytes(): Promise<number> {
  const logged = () => service.lines.filter(({ msg }) => msg === 'heap')
  const known = logged().length
  service.kill('SIGUSR2')
  const line = await until('the size of the heap', () => logged()[known])
  return Number(line.bytes)
}

describe(`after ${requests} hostile requests`, () => {
  it('the service has recorded them', () => {
    const measured = seen.sum('http_server_request_duration_seconds_count')
    const refused = seen.sum('microposts_request_rejected_total', {
      microposts_rejection_reason: 'malformed',
    })
    expect(measured + refused).toBeGreaterThan(0.9 * requests)
  })

  it('no series is outside the closed sets', () => {
    expect(unexpectedSeries(seen)).toEqual([])
  })

  it('the series are below the ceiling of each metric and of all metrics', () => {
    const families = [...seen.families.values()]
    const above = families.filter(({ name, samples }) => {
      const metric = metricsByFamily.get(name)
      return metric && samples.length > ceilingOf(metric)
    })
    expect(above).toEqual([])
    expect(families.flatMap(({ samples }) => samples).length).toBeLessThanOrEqual(ceiling())
  })

  it('no series is new in the last third', () => {
    const [, second, last] = thirds
    const added = [...(last?.series ?? [])].filter((series) => !second?.series.has(series))
    expect(added).toEqual([])
  })

  it('no memory is leaked', () => {
    const [first, second, last] = thirds.map(({ heapBytes }) => heapBytes) as [number, number, number]
    // A leak grows with every request; a cache may fill up once.
    const growth = Math.min(second - first, last - second)
    expect(growth / (requests / 3)).toBeLessThan(leakBytesPerRequest)
  })

  it('promtool accepts the exposition', async (context) => {
    const promtool = requireProgram('promtool', context)
    const text = await (await fetch(service.metricsUrl)).text()
    expect(lintExposition(promtool, text)).toEqual([])
  })
})
