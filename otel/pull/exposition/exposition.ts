// Writes collected metrics as an exposition: the Prometheus text format 0.0.4, or OpenMetrics 1.0.
import { setImmediate } from 'node:timers/promises'
import type { Log } from '../../../lib/log.ts'
import { createFamilies, type ProcessMetrics } from './families.ts'
import { type Format, metadataOf, targetInfo } from './metadata.ts'
import { seriesOf } from './series.ts'

/** How long to write before other work gets its turn. */
const sliceMs = 1

/** Text is encoded in chunks of this many characters: encoding takes most of the time, so it is checked in between. */
const chunkLength = 32_768

export type ExpositionWriter = ReturnType<typeof createExpositionWriter>

/**
 * Samples have no timestamp. There are no `_created` series: Prometheus would store them as series of their own, twice
 * as many for counters, although counters that start at 0 need none.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function createExpositionWriter(log: Log) {
  const familiesOf = createFamilies(log)
  const warned = new Set<string>()

  function* parts(processes: ProcessMetrics[], format: Format) {
    yield targetInfo(processes, format)
    for (const family of familiesOf(processes)) {
      yield metadataOf(family, format)
      yield* seriesOf(family, format, (labels) => warnOnce(family.sample, labels))
    }
    if (format === 'openmetrics') yield '# EOF\n'
  }

  function warnOnce(metric: string, labels: string) {
    if (warned.has(metric)) return
    warned.add(metric)
    log.warn({ metric, labels }, 'series left out: another has the same labels')
  }

  return {
    /** Writes one exposition of all processes. The event loop runs between its chunks. */
    write: (processes: ProcessMetrics[], format: Format): Promise<Buffer> =>
      toBytes(parts(processes, format)),
  }
}

async function toBytes(texts: Iterable<string>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let chunk = ''
  let sliceEnds = performance.now() + sliceMs
  for (const text of texts) {
    chunk += text
    if (chunk.length < chunkLength) continue
    chunks.push(Buffer.from(chunk))
    chunk = ''
    if (performance.now() < sliceEnds) continue
    await setImmediate()
    sliceEnds = performance.now() + sliceMs
  }
  chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
