// Measures the CPU time of the same requests to several programs, in turn.
import type { ChildProcess } from 'node:child_process'
import type { Agent } from 'node:http'
import { type ApiRequest, sendLoad } from './send.ts'
import { usageOf } from './usage.ts'

/** A running program that has loaded report-usage.ts; `scrape` runs once in each round. */
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

/** Of one round; `generatorUs` is the CPU time of this process per request. */
export type Measurement = { cpuUs: number; generatorUs: number; perSecond: number; durationsMs: number[] }

/** After these rounds the optimizing compiler has compiled the code of every request. */
export const warmUpRounds = 3
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
    for (const { program, slices } of order)
      slices.push(await measureSlice(program, requests, sliceCount, done === 0))
    order.push(...order.splice(0, 1))
  }
  return measured.map(({ slices }) => {
    const sum = (key: 'cpuUs' | 'generatorUs' | 'seconds') =>
      slices.reduce((total, slice) => total + slice[key], 0)
    const durationsMs = slices.flatMap((slice) => slice.durationsMs)
    return {
      cpuUs: sum('cpuUs') / durationsMs.length,
      generatorUs: sum('generatorUs') / durationsMs.length,
      perSecond: durationsMs.length / sum('seconds'),
      durationsMs,
    }
  })
}

async function measureSlice(
  program: Measured,
  requests: readonly ApiRequest[],
  count: number,
  scraped: boolean,
): Promise<Slice> {
  const before = await usageOf(program.process)
  const generatorBefore = process.cpuUsage()
  const start = performance.now()
  const [durationsMs] = await Promise.all([
    sendLoad(program, requests, count * (program.workers ?? 1)),
    scraped ? program.scrape?.() : undefined,
  ])
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(generatorBefore)
  const after = await usageOf(program.process)
  return { cpuUs: after.cpuUs - before.cpuUs, generatorUs: user + system, seconds, durationsMs }
}
