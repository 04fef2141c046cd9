// Writes collected metrics as a page of the Prometheus text format 0.0.4 or of OpenMetrics 1.0.
import { setImmediate } from 'node:timers/promises'
import type { Log } from '../../log.ts'
import { createFamilies, type Source } from './families.ts'
import { type Format, metadataOf, targetInfo } from './metadata.ts'
import { seriesOf } from './series.ts'

/** How long a page may be written before other work gets its turn, in milliseconds. */
const TURN_MS = 1

/** Text becomes bytes in pieces of this many characters: most of the time goes there, and the clock must see it. */
const PIECE_LENGTH = 32_768

export type Exposition = ReturnType<typeof createExposition>

/**
 * Makes the writer of pages. No sample has a timestamp, and nothing gets a `_created`: Prometheus stores it as a
 * series of its own, twice as many for counters, to say what counters that begin at 0 already do.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function createExposition(log: Log) {
  const familiesOf = createFamilies(log)
  const warned = new Set<string>()

  function* page(sources: Source[], format: Format) {
    yield targetInfo(sources, format)
    for (const family of familiesOf(sources)) {
      yield metadataOf(family, format)
      yield* seriesOf(family, format, (labels) => warnOnce(family.sample, labels))
    }
    if (format === 'openmetrics') yield '# EOF\n'
  }

  function warnOnce(metric: string, labels: string) {
    if (warned.has(metric)) return
    warned.add(metric)
    log('warn', { metric, labels }, 'series left out: another has the same labels')
  }

  return {
    /** Writes one page for all sources, in pieces between which the event loop has its turns. */
    render: (sources: Source[], format: Format): Promise<Buffer> => toBytes(page(sources, format)),
  }
}

async function toBytes(texts: Iterable<string>): Promise<Buffer> {
  const pieces: Buffer[] = []
  let piece = ''
  let turnEnds = performance.now() + TURN_MS
  for (const text of texts) {
    piece += text
    if (piece.length < PIECE_LENGTH) continue
    pieces.push(Buffer.from(piece))
    piece = ''
    if (performance.now() < turnEnds) continue
    await setImmediate()
    turnEnds = performance.now() + TURN_MS
  }
  pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces)
}
