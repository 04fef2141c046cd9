// Checks the model, whether it comes from variables or a file, and fills in the defaults.
import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { readCardinalityLimits } from './cardinality-limits.ts'
import type { Faults } from './faults.ts'
import { readOtlpGrpc, readOtlpHttp } from './otlp.ts'
import { type EndpointSettings, readPull } from './pull.ts'
import type { Model, PushConfig, ReaderConfig, ResourceConfig, TelemetryConfig } from './types.ts'
import { integer, maxMilliseconds, milliseconds, pairs, text, timeout } from './validators.ts'
import { readView } from './views.ts'

type Resource = NonNullable<Model['resource']>
type Attribute = NonNullable<Resource['attributes']>[number]
type Reader = NonNullable<Model['meter_provider']>['readers'][number]
type Periodic = NonNullable<Reader['periodic']>

/** Returns undefined if no metrics are requested. */
export function readModel(
  { resource, meter_provider: provider }: Model,
  endpoint: EndpointSettings,
  faults: Faults,
): TelemetryConfig | undefined {
  const resourceConfig = readResource(resource, faults)
  if (!provider) return undefined
  return {
    resource: resourceConfig,
    readers: provider.readers.flatMap(({ pull, periodic }): ReaderConfig[] => {
      if (pull) return readPull(pull, endpoint, faults)
      return periodic ? readPeriodic(periodic, faults) : []
    }),
    views: (provider.views ?? []).map((view) => readView(view, faults)),
  }
}

function readResource(resource: Resource | undefined, faults: Faults): ResourceConfig {
  const attributes: Attributes = { ...faults.read(resource?.attributes_list, pairs) }
  for (const attribute of resource?.attributes ?? []) {
    const value = readAttribute(attribute, faults)
    if (value !== undefined) attributes[String(attribute.name.value)] = value
  }
  return { attributes, schemaUrl: faults.read(resource?.schema_url, text) }
}

function readAttribute({ name, value, type }: Attribute, faults: Faults): AttributeValue | undefined {
  if (value === null) return undefined
  const typeName = String(type?.value ?? 'string')
  const [element = '', list] = typeName.split('_')
  if (Array.isArray(value) !== (list === 'array')) {
    faults.add({ ...name, requirement: `must have a value of type ${typeName}` })
    return undefined
  }
  const elements = [value].flat()
  for (const one of elements)
    if (!isOfType(one.value, element)) faults.add({ ...one, requirement: `must be of type ${element}` })
  const values = elements.map((one) => one.value)
  return list ? (values as AttributeValue) : values[0]
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'int') return Number.isInteger(value)
  if (type === 'double') return typeof value === 'number'
  return typeof value === (type === 'bool' ? 'boolean' : 'string')
}

function readPeriodic(periodic: Periodic, faults: Faults): PushConfig[] {
  const intervalMs = faults.read(periodic.interval, milliseconds) ?? 60_000
  const timeoutMs = faults.read(periodic.timeout, timeout) ?? Math.min(30_000, intervalMs)
  if (periodic.timeout && timeoutMs !== Infinity && timeoutMs > intervalMs)
    faults.add({ ...periodic.timeout, requirement: `must be at most the interval, ${intervalMs}` })
  const maxBatchSize = faults.read(periodic['max_export_batch_size/development'], integer(1, maxMilliseconds))
  const exporter = readPushExporter(periodic.exporter, faults)
  const cardinalityLimits = readCardinalityLimits(periodic.cardinality_limits, faults)
  if (!exporter) return []
  return [
    {
      kind: 'push',
      intervalMs,
      timeoutMs: Math.min(timeoutMs, intervalMs),
      maxBatchSize,
      cardinalityLimits,
      exporter,
    },
  ]
}

/** The model of an exporter is null if the file only names it; that selects the exporter with its defaults. */
function readPushExporter(
  exporter: Periodic['exporter'],
  faults: Faults,
): PushConfig['exporter'] | undefined {
  if (exporter.otlp_http !== undefined) return readOtlpHttp(exporter.otlp_http, faults)
  if (exporter.otlp_grpc !== undefined) return readOtlpGrpc(exporter.otlp_grpc, faults)
  return exporter.console === undefined ? undefined : { kind: 'console' }
}
