// Measures the CPU time of the same requests to several programs, in turn.
import type { ChildProcess } from 'node:child_process'
import type { Agent } from 'node:http'
import { type ApiRequest, sendLoad } from './send.ts'
import { usageOf } from './usage.ts'

/** A running program that has loaded report-usage.ts; `scrape` runs at the end of each round. */
export type Measured = {
  /**
   * How many processes serve the requests, 1 by default. Each gets as many requests and connections as a single process:
   * otherwise it would be less warm, and find fewer requests in each turn of its event loop.
   */
  workers?: number
  url: string
  agent: Agent
  process: ChildProcess
  scrape?: (() => Promise<unknown>) | undefined
}

/**
 * Of one round; `generatorUs` is the CPU time of this process per request. `scrapeUs` is that of the program for one scrape,
 * which the time per request does not include: Prometheus scrapes at intervals, however many requests there are.
 */
export type Measurement = {
  cpuUs: number
  generatorUs: number
  perSecond: number
  durationsMs: number[]
  scrapeUs: number | undefined
}

/** After so many requests of each kind, the optimizing compiler has compiled most of their code. */
const warmUpRequests = 5_000
/** The number of rounds to warm up with. */
export const warmUpRounds = (requests: number): number => Math.ceil(warmUpRequests / requests)
const sliceRequests = 200

type Slice = { cpuUs: number; generatorUs: number; seconds: number; durationsMs: number[] }

/**
 * Sends each program this many requests per worker. They are sent in slices, so that other load on the machine affects all
 * programs alike, and the order rotates, so that no program always follows the most expensive one.
 */
export async function measureRound(
  programs: readonly Measured[],
  requests: readonly ApiRequest[],
  count: number,
): Promise<Measurement[]> {
  const measured = programs.map((program) => ({ program, slices: [] as Slice[] }))
  const order = [...measured]
  for (let done = 0; done < count; done += sliceRequests) {
    const sliceCount = Math.min(sliceRequests, count - done)
    for (const { program, slices } of order) slices.push(await measureSlice(program, requests, sliceCount))
    order.push(...order.splice(0, 1))
  }
  const scrapes: (number | undefined)[] = []
  for (const program of programs) scrapes.push(await measureScrape(program))
  return measured.map(({ slices }, index) => {
    const sum = (key: 'cpuUs' | 'generatorUs' | 'seconds') =>
      slices.reduce((total, slice) => total + slice[key], 0)
    const durationsMs = slices.flatMap((slice) => slice.durationsMs)
    return {
      cpuUs: sum('cpuUs') / durationsMs.length,
      generatorUs: sum('generatorUs') / durationsMs.length,
      perSecond: durationsMs.length / sum('seconds'),
      durationsMs,
      scrapeUs: scrapes[index],
    }
  })
}

async function measureSlice(
  program: Measured,
  requests: readonly ApiRequest[],
  count: number,
): Promise<Slice> {
  const before = await usageOf(program.process)
  const generatorBefore = process.cpuUsage()
  const start = performance.now()
  const durationsMs = await sendLoad(program, requests, count * (program.workers ?? 1))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(generatorBefore)
  const after = await usageOf(program.process)
  return { cpuUs: after.cpuUs - before.cpuUs, generatorUs: user + system, seconds, durationsMs }
}

async function measureScrape({ process, scrape }: Measured): Promise<number | undefined> {
  if (!scrape) return undefined
  const before = await usageOf(process)
  await scrape()
  return (await usageOf(process)).cpuUs - before.cpuUs
}
