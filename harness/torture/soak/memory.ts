// The memory of a process over time.
import { readFile } from 'node:fs/promises'
import { setInterval } from 'node:timers/promises'
import { quantile } from '../../command-line/statistics.ts'
import type { ObservedService } from '../observed-service.ts'
import { type Check, holds } from '../trial.ts'

/** What caches and compiled code may add after the warm-up. */
const noiseMegabytes = 16
const allowedShare = 0.1

/** Samples the resident memory every second until the signal is aborted. Needs Linux. */
export async function sampleMemory(pid: number, signal: AbortSignal): Promise<number[]> {
  const samples: number[] = []
  try {
    for await (const _ of setInterval(1_000, undefined, { signal }))
      samples.push(await residentMegabytes(pid))
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return samples
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024
}

/** `heaps` are the sizes after a garbage collection: half-way, and idle at the end. */
export function checkMemory(samples: number[], heaps: { half: number; end: number }): Check[] {
  const quarter = Math.ceil(samples.length / 4)
  const third = quantile(samples.slice(2 * quarter, 3 * quarter), 0.5)
  const last = quantile(samples.slice(3 * quarter), 0.5)
  const bound = third * (1 + allowedShare) + noiseMegabytes
  return [
    holds(
      `resident memory in the last quarter: at most ${allowedShare * 100} % and ${noiseMegabytes} MB more than in the third`,
      last <= bound,
      `${third.toFixed(0)}, then ${last.toFixed(0)} MB`,
    ),
    holds(
      `heap in use, idle at the end: at most ${noiseMegabytes} MB more than half-way`,
      heaps.end <= heaps.half + noiseMegabytes * 1e6,
      `${(heaps.half / 1e6).toFixed(1)}, then ${(heaps.end / 1e6).toFixed(1)} MB`,
    ),
  ]
}

/** Demands that as many handles are open as at the start, and the connections of the pool, each with its timer. */
export function checkResources(
  start: Awaited<ReturnType<ObservedService['observe']>>['resources'],
  end: typeof start,
  connections: number,
): Check {
  const grown = Object.entries(end).filter(
    ([name, count]) => count > (start[name] ?? 0) + (/TCP|Timeout/.test(name) ? connections : 2),
  )
  const seen = Object.entries(end).map(([name, count]) => `${count} ${name} (${start[name] ?? 0})`)
  return holds('open resources as at the start', grown.length === 0, seen.join(', '))
}
