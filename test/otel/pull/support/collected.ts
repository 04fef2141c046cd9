// Expositions of metrics that were recorded with a real SDK.
import type { Meter, MeterOptions } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, type MeterProviderOptions } from '@opentelemetry/sdk-metrics'
import { collectLog, silentLog } from '../../../../harness/log.ts'
import {
  type Family,
  type Format,
  parseExposition,
  type Sample,
} from '../../../../harness/telemetry/exposition-parser.ts'
import { decodeExposition, type FamilyMessage } from '../../../../harness/telemetry/protobuf-decoder.ts'
import { defaultPullOptions } from '../../../../otel/config/types.ts'
import {
  createExpositionWriter,
  type ExpositionOptions,
} from '../../../../otel/pull/exposition/exposition.ts'
import type { ProcessMetrics } from '../../../../otel/pull/exposition/families.ts'
import type { Escaping } from '../../../../otel/pull/exposition/formats.ts'

/** A meter provider, and the expositions that the pull endpoint would serve of it. */
export function createCollected(
  options: MeterProviderOptions = {},
  expositionOptions: Partial<ExpositionOptions> = {},
) {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'microposts' }),
    ...options,
    readers: [reader],
  })
  const { log, lines } = collectLog()
  const exposition = createExpositionWriter({ ...defaultPullOptions, ...expositionOptions }, log)

  return {
    logs: lines,
    meter: (name = 'test', version?: string, options?: MeterOptions): Meter =>
      provider.getMeter(name, version, options),
    async source(): Promise<ProcessMetrics> {
      return (await reader.collect()).resourceMetrics
    },
    async exposition(format: Format = 'text', escaping: Escaping = 'underscores'): Promise<string> {
      return (await exposition.write([await this.source()], { format, escaping })).toString()
    },
    async families(format: Format = 'text', escaping?: Escaping): Promise<Map<string, Family>> {
      return parseExposition(await this.exposition(format, escaping), format)
    },
    /** The message of each family in the protobuf format. */
    async messages(escaping: Escaping = 'underscores'): Promise<Map<string, FamilyMessage>> {
      return decodeExposition(await exposition.write([await this.source()], { format: 'protobuf', escaping }))
    },
  }
}

/** The writer of a pull endpoint without options. */
export const createDefaultWriter = () => createExpositionWriter(defaultPullOptions, silentLog)

/** All samples, without the labels of their scope. */
export function samplesOf(families: Map<string, Family>): Sample[] {
  return Array.from(families.values()).flatMap(({ samples }) =>
    samples.map((sample) => {
      const { otel_scope_name: _name, otel_scope_version: _version, ...labels } = sample.labels
      return { ...sample, labels }
    }),
  )
}
