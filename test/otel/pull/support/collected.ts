// Expositions of metrics that were recorded with a real SDK.
import type { Meter } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, type MeterProviderOptions } from '@opentelemetry/sdk-metrics'
import { collectLog } from '../../../../harness/log.ts'
import {
  type Family,
  type Format,
  parseExposition,
  type Sample,
} from '../../../../harness/telemetry/exposition-parser.ts'
import { createExpositionWriter } from '../../../../otel/pull/exposition/exposition.ts'
import type { ProcessMetrics } from '../../../../otel/pull/exposition/families.ts'

/** A meter provider, and the expositions that the pull endpoint would serve of it. */
export function createCollected(options: MeterProviderOptions = {}) {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'microposts' }),
    ...options,
    readers: [reader],
  })
  const { log, lines } = collectLog()
  const exposition = createExpositionWriter(log)

  return {
    logs: lines,
    meter: (name = 'test', version?: string): Meter => provider.getMeter(name, version),
    async source(labels?: Record<string, string>): Promise<ProcessMetrics> {
      const { resourceMetrics } = await reader.collect()
      return { resourceMetrics, labels }
    },
    async exposition(format: Format = 'text'): Promise<string> {
      const { resourceMetrics } = await reader.collect()
      return (await exposition.write([{ resourceMetrics }], format)).toString()
    },
    async families(format: Format = 'text'): Promise<Map<string, Family>> {
      return parseExposition(await this.exposition(format), format)
    },
  }
}

/** All samples, without the labels of their scope. */
export function samplesOf(families: Map<string, Family>): Sample[] {
  return Array.from(families.values()).flatMap(({ samples }) =>
    samples.map((sample) => {
      const { otel_scope_name: _name, otel_scope_version: _version, ...labels } = sample.labels
      return { ...sample, labels }
    }),
  )
}
