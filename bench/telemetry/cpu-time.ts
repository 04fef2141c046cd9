import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Returns the CPU time (user and system, all threads) of a process that has loaded report-cpu-time.ts. */
export async function cpuTimeUs(child: ChildProcess): Promise<number> {
  const reply = once(child, 'message', { signal: AbortSignal.timeout(10_000) })
  child.send('cpu')
  const [{ user, system }] = await reply
  return user + system
}
