// Pages of the pull endpoint's serializer, from instruments of a real SDK.
import type { Meter } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, type MeterProviderOptions } from '@opentelemetry/sdk-metrics'
import {
  type Family,
  type Format,
  parseExposition,
  type Sample,
} from '../../../../harness/telemetry/exposition-parser.ts'
import { createExposition } from '../../../../otel/pull/exposition/exposition.ts'
import type { Source } from '../../../../otel/pull/exposition/families.ts'

export type LogLine = { level: string; fields: object; message: string }

/** A meter provider of its own, and what the endpoint's serializer makes of it. */
export function createCollected(options: MeterProviderOptions = {}) {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'microposts' }),
    ...options,
    readers: [reader],
  })
  const logs: LogLine[] = []
  const exposition = createExposition((level, fields, message) => logs.push({ level, fields, message }))

  return {
    logs,
    meter: (name = 'test', version?: string): Meter => provider.getMeter(name, version),
    async source(labels?: Record<string, string>): Promise<Source> {
      const { resourceMetrics } = await reader.collect()
      return { resourceMetrics, labels }
    },
    async page(format: Format = 'text'): Promise<string> {
      const { resourceMetrics } = await reader.collect()
      return (await exposition.render([{ resourceMetrics }], format)).toString()
    },
    async families(format: Format = 'text'): Promise<Map<string, Family>> {
      return parseExposition(await this.page(format), format)
    },
  }
}

/** Every sample of a page, without what tells the scope. */
export function samplesOf(families: Map<string, Family>): Sample[] {
  return Array.from(families.values()).flatMap(({ samples }) =>
    samples.map((sample) => {
      const { otel_scope_name: _name, otel_scope_version: _version, ...labels } = sample.labels
      return { ...sample, labels }
    }),
  )
}
