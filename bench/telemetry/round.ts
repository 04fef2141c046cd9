import type { Agent } from 'node:http'
import type { startService } from '../service.ts'
import { cpuOf } from './cpu.ts'
import { type Request, sendLoad } from './load.ts'
import { scrape } from './scrape.ts'

/** `agent` has as many connections as requests are sent at a time. */
export type Service = Awaited<ReturnType<typeof startService>> & { agent: Agent }
/** What each request of a round took; `generatorUs` is the CPU of this process. */
export type Measurement = { cpuUs: number; generatorUs: number; perSecond: number }
type Slice = { cpuUs: number; generatorUs: number; seconds: number }

const sliceRequests = 200

/**
 * Sends each service so many requests and scrapes it once; answers in their order. In slices, so that whatever else
 * the machine does is in all of them, and in turn, so that none always comes behind the dearest.
 */
export async function measureRound(services: Service[], what: Request, requests: number) {
  const shares = services.map((service) => ({ service, slices: [] as Slice[] }))
  const order = [...shares]
  for (let done = 0; done < requests; done += sliceRequests) {
    for (const { service, slices } of order)
      slices.push(await measureSlice(service, what, Math.min(sliceRequests, requests - done), done === 0))
    order.push(...order.splice(0, 1))
  }
  return shares.map(({ slices }): Measurement => {
    const sum = (of: (slice: Slice) => number) => slices.reduce((total, slice) => total + of(slice), 0)
    return {
      cpuUs: sum(({ cpuUs }) => cpuUs) / requests,
      generatorUs: sum(({ generatorUs }) => generatorUs) / requests,
      perSecond: requests / sum(({ seconds }) => seconds),
    }
  })
}

async function measureSlice(
  service: Service,
  what: Request,
  requests: number,
  scraped: boolean,
): Promise<Slice> {
  const { url, metricsUrl, agent, process: child } = service
  const cpu = await cpuOf(child)
  const generator = process.cpuUsage()
  const start = performance.now()
  await Promise.all([sendLoad(url, agent, what, requests), scraped && metricsUrl && scrape(metricsUrl)])
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(generator)
  return { cpuUs: (await cpuOf(child)) - cpu, generatorUs: user + system, seconds }
}
