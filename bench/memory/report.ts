import { table } from '../../harness/command-line/table.ts'
import type { Sample } from './sample.ts'

/** One process in one state, such as `worker 1` after the load. */
export type Row = { variant: string; process: string; state: string } & Sample

const megabytes = (bytes: number | undefined) => (bytes === undefined ? '–' : (bytes / 2 ** 20).toFixed(0))

export function memoryTable(rows: Row[]): string {
  return table(
    ['memory, MB', 'resident', 'proportional', 'peak', 'heap used', 'external'],
    rows.map(({ variant, process, state, ...sample }) => [
      [variant, process, state].filter(Boolean).join(', '),
      megabytes(sample.rssBytes),
      megabytes(sample.pssBytes),
      megabytes(sample.peakBytes),
      megabytes(sample.heapUsedBytes),
      megabytes(sample.externalBytes),
    ]),
  )
}
