// Measures the CPU time of the same requests to each variant, in turn.
import { Agent } from 'node:http'
import type { DatabaseEnv } from '../../harness/database.ts'
import { token } from '../../harness/fill.ts'
import { call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import { type Measured, type Measurement, measureRound, warmUpRounds } from '../load/measure.ts'
import { requestsOf } from '../load/send.ts'
import { checkSameMetrics, scrape } from './scrape.ts'
import type { Variant } from './variants.ts'

/** By kind of request: the measurements of each round, in the order of the variants. */
export type Measurements = Map<string, Measurement[][]>

type Service = Measured & Awaited<ReturnType<typeof startService>>
type Plan = {
  rounds: number
  /** The number of requests of each kind to each variant in a round. */
  requests: number
  onRound: (round: number) => void
}

const kinds = ['one post', 'list of 20 posts', 'create'] as const
const connections = 4

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
      const { metricsUrl } = service
      const scrapeOnce = metricsUrl ? () => scrape(metricsUrl) : undefined
      const agent = new Agent({ keepAlive: true, maxSockets: connections })
      services.push({ ...service, agent, scrape: scrapeOnce })
    }
    const requestOf = await requestsOf(services[0]?.url ?? '')
    for (let round = 1 - warmUpRounds(requests); round <= rounds; round++) {
      if (round === 1) await checkMetrics(services.filter((_, index) => variants[index]?.comparable))
      onRound(Math.max(round, 0))
      for (const kind of kinds) {
        const measured = await measureRound(services, [requestOf[kind]], requests)
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

/** Checks that all variants that expose metrics expose the same ones. */
async function checkMetrics(services: Service[]): Promise<void> {
  // Records the only histogram that the measured requests leave empty: OpenTelemetry omits empty histograms.
  for (const service of services) await call(service, 'GET', '/api/users/user1/timeline', { token })
  const urls = services.flatMap(({ metricsUrl }) => metricsUrl || [])
  const [exposition = '', ...others] = await Promise.all(urls.map(scrape))
  for (const other of others) checkSameMetrics(exposition, other)
}
