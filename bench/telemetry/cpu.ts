import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Microseconds of CPU, user and system, that a process with report-cpu.ts has spent in all its threads. */
export async function cpuOf(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message', { signal: AbortSignal.timeout(10_000) })
  child.send('cpu')
  const [{ user, system }] = await answer
  return user + system
}
