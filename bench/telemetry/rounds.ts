// Rounds of the same requests to each variant in turn.
import { Agent } from 'node:http'
import { startService } from '../service.ts'
import { askOthers, requestsOf } from './requests.ts'
import { type Measurement, measureRound, type Service } from './round.ts'
import { checkSameMetrics, scrape } from './scrape.ts'
import type { Variant } from './variants.ts'

/** By kind of request: each round's measurements, in the order of the variants. */
export type Measurements = Map<string, Measurement[][]>

type Plan = {
  rounds: number
  /** In each round, of each kind, to each variant. */
  requests: number
  onRound: (round: number) => void
}

const connections = 4
/** By then the optimizing compiler has seen the code of every request. */
const warmUpRounds = 3

/** Starts all variants, each on its database, measures them and stops them; adds to `measurements`. */
export async function measureVariants(
  variants: readonly (Variant & { database: Record<string, string> })[],
  measurements: Measurements,
  plan: Plan,
): Promise<void> {
  const services: Service[] = []
  try {
    for (const { env, database, preload } of variants) {
      const agent = new Agent({ keepAlive: true, maxSockets: connections })
      services.push({ ...(await startService({ ...env, ...database }, preload)), agent })
    }
    const kinds = await requestsOf(services[0]?.url ?? '')
    for (let round = -warmUpRounds; round < plan.rounds; round++) {
      if (round === 0) await checkPages(services)
      plan.onRound(Math.max(round, 0))
      for (const [kind, what] of Object.entries(kinds)) {
        const measured = await measureRound(services, what, plan.requests)
        if (round >= 0) note(measurements, kind, measured)
      }
    }
  } finally {
    for (const { agent, stop } of services) {
      agent.destroy()
      await stop()
    }
  }
}

function note(measurements: Measurements, kind: string, measured: Measurement[]) {
  const rounds = measurements.get(kind) ?? []
  measurements.set(kind, [...rounds, measured])
}

async function checkPages(services: Service[]): Promise<void> {
  for (const { url } of services) await askOthers(url)
  const urls = services.flatMap(({ metricsUrl }) => metricsUrl ?? [])
  const [page = '', ...others] = await Promise.all(urls.map(scrape))
  for (const other of others) checkSameMetrics(page, other)
}
