// Whatever clients send, the series stay below the number that docs/metrics.md gives, and memory stays flat.
// CEILING_SEED=… sends other requests.
import { connect } from 'node:net'
import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ceiling, ceilingOf } from '../../harness/catalogue/ceiling.ts'
import { buildUser } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { complaintsOf } from '../../harness/programs/promtool.ts'
import { createRandom, type Random } from '../../harness/random.ts'
import { type Service, startService } from '../../harness/service.ts'
import { type Scrape, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { hostileConnection, type Sent, type World } from '../http/support/hostile-requests.ts'
import { metricsByFamily, strangers } from './support/closed-sets.ts'

const requests = 20_000
const connectionsAtATime = 4
/** More than caches that fill up, less than a leak of 300 bytes for each request. */
const toleranceBytes = 4_000_000

/** A signal makes the service collect its garbage, so that its heap can be compared. */
const collectable = {
  NODE_OPTIONS: '--expose-gc --import=data:text/javascript,process.on(%22SIGUSR2%22,()=>gc())',
}

let service: Service
let page: Scrape
/** After a third of the requests, two thirds, and all of them. */
const thirds: { series: Set<string>; heapBytes: number }[] = []

beforeAll(async () => {
  service = await startService({ ...collectable, TRUST_PROXY: 'true' })
  const world = await buildWorld()
  const random = createRandom(Number(process.env.CEILING_SEED ?? 1))
  for (const third of [1, 2, 3]) {
    await attack(random, world, Math.round((requests * third) / 3))
    page = await scrape(service)
    thirds.push({ series: seriesOf(page), heapBytes: await heapBytes() })
  }
}, 120_000)
afterAll(() => service.stop())

async function buildWorld(): Promise<World> {
  const [owner, other] = [await buildUser(service), await buildUser(service)]
  return { username: owner.username, token: owner.token, other: other.username }
}

let sent = 0

/** Sends connections full of requests until there were so many requests. */
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

/** Ends when the connection does, however the service answers. */
function send({ bytes, leaves }: Sent): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(service.url).port), 'localhost')
    // A reset is an answer too.
    socket.on('error', () => {})
    socket.once('close', () => resolve())
    socket.resume()
    if (leaves) socket.end(bytes)
    else socket.write(bytes)
  })
}

/** Those that requests make, a histogram as its count; others come with the load of the machine. */
function seriesOf({ families }: Scrape): Set<string> {
  const samples = [...families.values()].flatMap((family) => family.samples)
  const ofRequests = samples.filter(({ name }) => /^(http_server|microposts)_.*(?<!_bucket|_sum)$/.test(name))
  return new Set(ofRequests.map(({ name, labels }) => JSON.stringify([name, labels])))
}

async function heapBytes(): Promise<number> {
  const collections = (seen: Scrape) => seen.sum('v8js_gc_duration_seconds_count', { v8js_gc_type: 'major' })
  const before = collections(await scrape(service))
  service.kill('SIGUSR2')
  const after = await until('a garbage collection', async () => {
    const seen = await scrape(service)
    return collections(seen) > before && seen
  })
  return after.sum('v8js_memory_heap_used_bytes')
}

describe(`after ${requests} hostile requests`, () => {
  it('the service has measured them', () => {
    const measured = page.sum('http_server_request_duration_seconds_count')
    const refused = page.sum('microposts_request_rejected_total', {
      microposts_rejection_reason: 'malformed',
    })
    expect(measured + refused).toBeGreaterThan(0.9 * requests)
  })

  it('no series is outside of the closed sets', () => {
    expect(strangers(page)).toEqual([])
  })

  it('there are fewer series than the ceiling, of each metric and of all', () => {
    const families = [...page.families.values()]
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

  it('memory is what it was after the first third', () => {
    const [first, , last] = thirds
    expect(last?.heapBytes).toBeLessThan((first?.heapBytes ?? 0) + toleranceBytes)
  })

  it('promtool has no complaint', async (context) => {
    const promtool = requireProgram('promtool', context)
    const text = await (await fetch(service.metricsUrl)).text()
    expect(complaintsOf(promtool, text)).toEqual([])
  })
})
