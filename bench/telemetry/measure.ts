// Measures the CPU time of the same requests to each variant, in turn.
import { Agent } from 'node:http'
import type { DatabaseEnv } from '../../harness/database.ts'
import { call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import { token } from '../fill.ts'
import { cpuTimeUs } from './cpu-time.ts'
import { type ApiRequest, requestsOf, sendLoad } from './load.ts'
import { checkSameMetrics, scrape } from './scrape.ts'
import type { Variant } from './variants.ts'

/** Per request; `generatorUs` is the CPU time of this process. */
export type Measurement = { cpuUs: number; generatorUs: number; perSecond: number }
/** By kind of request: the measurements of each round, in the order of the variants. */
export type Measurements = Map<string, Measurement[][]>

type Service = Awaited<ReturnType<typeof startService>> & { agent: Agent }
type Slice = { cpuUs: number; generatorUs: number; seconds: number }
type Plan = {
  rounds: number
  /** The number of requests of each kind to each variant in a round. */
  requests: number
  onRound: (round: number) => void
}

const connections = 4
/** After these rounds the optimizing compiler has compiled the code of every request. */
const warmUpRounds = 3
const sliceRequests = 200

/** Starts all variants, measures them, stops them, and adds to `measurements`. */
export async function measureVariants(
  variants: readonly (Variant & { database: DatabaseEnv })[],
  measurements: Measurements,
  { rounds, requests, onRound }: Plan,
): Promise<void> {
  const services: Service[] = []
  try {
    for (const { env, database, preload } of variants) {
      const service = await startService(env, { env: database }, { preload, ipc: true })
      services.push({ ...service, agent: new Agent({ keepAlive: true, maxSockets: connections }) })
    }
    const kinds = await requestsOf(services[0]?.url ?? '')
    for (let round = 1 - warmUpRounds; round <= rounds; round++) {
      if (round === 1) await checkMetrics(services)
      onRound(Math.max(round, 0))
      for (const [kind, request] of Object.entries(kinds)) {
        const measured = await measureRound(services, request, requests)
        if (round > 0) measurements.set(kind, [...(measurements.get(kind) ?? []), measured])
      }
    }
  } finally {
    for (const { agent, stop } of services) {
      agent.destroy()
      await stop()
    }
  }
}

/**
 * Sends each service this many requests and scrapes it once. The requests are sent in slices, so that other load on the
 * machine affects all services alike, and the order rotates, so that no service always follows the most expensive one.
 */
async function measureRound(
  services: Service[],
  request: ApiRequest,
  requests: number,
): Promise<Measurement[]> {
  const measured = services.map((service) => ({ service, slices: [] as Slice[] }))
  const order = [...measured]
  for (let done = 0; done < requests; done += sliceRequests) {
    const count = Math.min(sliceRequests, requests - done)
    for (const { service, slices } of order)
      slices.push(await measureSlice(service, request, count, done === 0))
    order.push(...order.splice(0, 1))
  }
  return measured.map(({ slices }) => {
    const sum = (key: keyof Slice) => slices.reduce((total, slice) => total + slice[key], 0)
    return {
      cpuUs: sum('cpuUs') / requests,
      generatorUs: sum('generatorUs') / requests,
      perSecond: requests / sum('seconds'),
    }
  })
}

async function measureSlice(
  service: Service,
  request: ApiRequest,
  count: number,
  scraped: boolean,
): Promise<Slice> {
  const { metricsUrl, process: child } = service
  const cpuBefore = await cpuTimeUs(child)
  const generatorBefore = process.cpuUsage()
  const start = performance.now()
  await Promise.all([sendLoad(service, request, count), scraped && metricsUrl && scrape(metricsUrl)])
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(generatorBefore)
  return { cpuUs: (await cpuTimeUs(child)) - cpuBefore, generatorUs: user + system, seconds }
}

/** Checks that all variants that expose metrics expose the same ones. */
async function checkMetrics(services: Service[]): Promise<void> {
  // Records the only histogram that the measured requests leave empty: OpenTelemetry omits empty histograms.
  for (const service of services) await call(service, 'GET', '/api/users/user1/timeline', { token })
  const urls = services.flatMap(({ metricsUrl }) => metricsUrl || [])
  const [exposition = '', ...others] = await Promise.all(urls.map(scrape))
  for (const other of others) checkSameMetrics(exposition, other)
}
