import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type ProcessUsage, processUsagesOf } from '../load/usage.ts'

/** The memory of one process, in bytes. What only Linux knows is undefined elsewhere. */
export type Sample = Pick<ProcessUsage, 'rssBytes' | 'heapUsedBytes' | 'externalBytes'> & {
  /** Resident memory in which a page that n processes share counts as a part of n. */
  pssBytes: number | undefined
  /** The most resident memory that the process has ever had. */
  peakBytes: number | undefined
}

/** Samples a program and its workers, the primary first. The program must have loaded report-usage.ts. */
export async function sampleProcesses(child: ChildProcess): Promise<Sample[]> {
  const usages = await processUsagesOf(child)
  return usages.map(({ pid, rssBytes, heapUsedBytes, externalBytes }) => ({
    rssBytes,
    heapUsedBytes,
    externalBytes,
    pssBytes: readSize(`/proc/${pid}/smaps_rollup`, 'Pss'),
    peakBytes: readSize(`/proc/${pid}/status`, 'VmHWM'),
  }))
}

/** Reads a size from a file of lines such as `Pss:   1234 kB`. */
function readSize(path: string, name: string): number | undefined {
  try {
    const size = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(path, 'utf8'))?.[1]
    return size === undefined ? undefined : Number(size) * 1024
  } catch {
    return undefined
  }
}
