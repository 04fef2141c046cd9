import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Of a process and its workers: CPU time so far (user and system, all threads), and resident memory. */
export type Usage = { cpuUs: number; rssBytes: number }

/** Of one process. */
export type ProcessUsage = Usage & { pid: number; heapUsedBytes: number; externalBytes: number }

/** Works only for a process that has loaded report-usage.ts. */
export async function usageOf(child: ChildProcess): Promise<Usage> {
  const processes = await processUsagesOf(child)
  const sum = (key: keyof Usage) => processes.reduce((total, usage) => total + usage[key], 0)
  return { cpuUs: sum('cpuUs'), rssBytes: sum('rssBytes') }
}

/** Of each process, the primary first. Works only for a process that has loaded report-usage.ts. */
export async function processUsagesOf(child: ChildProcess): Promise<ProcessUsage[]> {
  const reply = once(child, 'message', { signal: AbortSignal.timeout(10_000) })
  child.send('usage')
  const [{ usages }] = await reply
  return usages
}
