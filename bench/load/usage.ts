import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Of a process and its workers: CPU time so far (user and system, all threads), and resident memory. */
export type Usage = { cpuUs: number; rssBytes: number }

/** Works only for a process that has loaded report-usage.ts. */
export async function usageOf(child: ChildProcess): Promise<Usage> {
  const reply = once(child, 'message', { signal: AbortSignal.timeout(10_000) })
  child.send('usage')
  const [{ usage }] = await reply
  return usage
}
