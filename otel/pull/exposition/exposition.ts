// Writes collected metrics as an exposition, in the format and the escaping that a scrape requests.
import { setImmediate } from 'node:timers/promises'
import type { Log } from '../../../lib/log.ts'
import { createMatcher } from '../../config/patterns.ts'
import type { PullOptions } from '../../config/types.ts'
import { escapeName } from './escaping.ts'
import { createFamilies, type LabelledMetrics, type ProcessMetrics } from './families.ts'
import type { Escaping, Format } from './formats.ts'
import { createLabelWriter } from './labels.ts'
import type { Naming } from './names.ts'
import { createProtobufWriter } from './protobuf/families.ts'
import { createTextWriter } from './text.ts'

/** How long to write before other work gets its turn. */
const sliceMs = 1

/** The clock is read after this many series. */
const seriesPerLook = 16

/** Text is encoded in chunks of this many characters: encoding takes most of the time, so it is checked in between. */
const chunkLength = 32_768

export type ExpositionOptions = Pick<
  PullOptions,
  'translationStrategy' | 'scopeInfo' | 'targetInfo' | 'resourceLabels'
>

/** What to write. `labelInstances` distinguishes several processes by the label `service_instance_id`. */
export type ExpositionRequest = { format: Format; escaping: Escaping; labelInstances?: boolean }

export type ExpositionWriter = ReturnType<typeof createExpositionWriter>

export function createExpositionWriter(options: ExpositionOptions, log: Log) {
  const isCopied = options.resourceLabels ? createMatcher(options.resourceLabels) : () => false
  const namings = new Map<Escaping, ReturnType<typeof createNaming>>()

  /** Names and labels are cached for each escaping. */
  function namingFor(escaping: Escaping) {
    const known = namings.get(escaping) ?? createNaming(escaping)
    namings.set(escaping, known)
    return known
  }

  function createNaming(escaping: Escaping) {
    const naming: Naming = { strategy: options.translationStrategy, escaping }
    const targetInfo = escapeName('target_info', escaping, 'metric')
    const reservedNames = options.targetInfo ? [targetInfo, targetInfo.replace(/_info$/, '')] : []
    return {
      targetInfo,
      labelsOf: createLabelWriter(naming),
      familiesOf: createFamilies({ naming, scopeInfo: options.scopeInfo, reservedNames }, log),
    }
  }

  function* parts(processes: ProcessMetrics[], { format, escaping, labelInstances }: ExpositionRequest) {
    const { targetInfo, labelsOf, familiesOf } = namingFor(escaping)
    const writer = format === 'protobuf' ? createProtobufWriter() : createTextWriter(format)
    const resources = options.targetInfo ? resourcesOf(processes, labelsOf) : []
    if (resources.length > 0) yield writer.info(targetInfo, 'The resource of the metrics.', resources)
    for (const family of familiesOf(processes.map((metrics) => withLabels(metrics, labelInstances)))) {
      // Linters require a help text.
      yield* writer.family({ ...family, help: family.help.trim() ? family.help : 'No description.' })
    }
    if (format === 'openmetrics') yield '# EOF\n'
  }

  function withLabels(metrics: ProcessMetrics, labelInstances = false): LabelledMetrics {
    const copied = Object.entries(metrics.resource.attributes).filter(
      ([key]) => isCopied(key) || (labelInstances && key === 'service.instance.id'),
    )
    return { metrics, labels: Object.fromEntries(copied) }
  }

  return {
    /** Writes one exposition of all processes. The event loop runs between its slices. */
    write: (processes: ProcessMetrics[], request: ExpositionRequest): Promise<Buffer> =>
      toBytes(parts(processes, request)),
  }
}

/** The labels of the resource of each process, if it has any. */
function resourcesOf(processes: ProcessMetrics[], labelsOf: ReturnType<typeof createLabelWriter>) {
  const labels = processes.map(({ resource }) => labelsOf(resource.attributes))
  const unique = new Map(labels.map((one) => [one.text, one]))
  unique.delete('')
  return Array.from(unique.values())
}

async function toBytes(parts: Iterable<string | Buffer | undefined>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let text = ''
  let count = 0
  let sliceEnds = performance.now() + sliceMs
  for (const part of parts) {
    if (typeof part === 'string') text += part
    else if (part !== undefined) chunks.push(part)
    const isChunk = text.length >= chunkLength
    if (isChunk) {
      chunks.push(Buffer.from(text))
      text = ''
    }
    if (!isChunk && ++count % seriesPerLook !== 0) continue
    if (performance.now() < sliceEnds) continue
    await setImmediate()
    sliceEnds = performance.now() + sliceMs
  }
  chunks.push(Buffer.from(text))
  return Buffer.concat(chunks)
}
