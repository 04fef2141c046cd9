// Checks the model, whether it comes from variables or a file, and fills in the defaults.
import type { Attributes, AttributeValue } from '@opentelemetry/api'
import type { Faults } from './faults.ts'
import { readOtlpGrpc, readOtlpHttp } from './otlp.ts'
import {
  defaultPullOptions,
  type Model,
  type PullConfig,
  type PushConfig,
  type ReaderConfig,
  type ResourceConfig,
  type Setting,
  type TelemetryConfig,
} from './types.ts'
import {
  integer,
  maxMilliseconds,
  milliseconds,
  oneOf,
  pairs,
  port,
  text,
  timeout,
  token,
} from './validators.ts'
import { readView } from './views.ts'

type Resource = NonNullable<Model['resource']>
type Attribute = NonNullable<Resource['attributes']>[number]
type Reader = NonNullable<Model['meter_provider']>['readers'][number]
type Pull = NonNullable<Reader['pull']>
type Periodic = NonNullable<Reader['periodic']>

/** Returns undefined if no metrics are requested. The token guards the pull endpoints. */
export function readModel(
  { resource, meter_provider: provider }: Model,
  scrapeToken: Setting | undefined,
  faults: Faults,
): TelemetryConfig | undefined {
  const resourceConfig = readResource(resource, faults)
  if (!provider) return undefined
  // The SDK does not support exemplars yet.
  faults.read(provider.exemplar_filter, oneOf('always_off'))
  return {
    resource: resourceConfig,
    readers: provider.readers.flatMap(({ pull, periodic }): ReaderConfig[] => {
      if (pull) return readPull(pull, scrapeToken, faults)
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

function readPull({ exporter }: Pull, scrapeToken: Setting | undefined, faults: Faults): PullConfig[] {
  const settings = exporter['prometheus/development']
  if (settings === undefined) return []
  // The endpoint always does this; a file may ask for it, but not for anything else.
  faults.read(settings?.scope_info_enabled, oneOf('true'))
  faults.read(settings?.['target_info_enabled/development'], oneOf('true'))
  faults.read(settings?.translation_strategy, oneOf('underscore_escaping_with_suffixes'))
  return [
    {
      kind: 'pull',
      host: faults.read(settings?.host, text) ?? 'localhost',
      port: faults.read(settings?.port, port) ?? 9464,
      token: faults.read(scrapeToken, token),
      ...defaultPullOptions,
    },
  ]
}

function readPeriodic(periodic: Periodic, faults: Faults): PushConfig[] {
  const intervalMs = faults.read(periodic.interval, milliseconds) ?? 60_000
  const timeoutMs = faults.read(periodic.timeout, timeout) ?? Math.min(30_000, intervalMs)
  if (periodic.timeout && timeoutMs !== Infinity && timeoutMs > intervalMs)
    faults.add({ ...periodic.timeout, requirement: `must be at most the interval, ${intervalMs}` })
  const maxBatchSize = faults.read(periodic['max_export_batch_size/development'], integer(1, maxMilliseconds))
  const exporter = readPushExporter(periodic.exporter, faults)
  return exporter
    ? [{ kind: 'push', intervalMs, timeoutMs: Math.min(timeoutMs, intervalMs), maxBatchSize, exporter }]
    : []
}

/** The model of an exporter is null if the file only names it; that selects the exporter with its defaults. */
function readPushExporter(
  exporter: Periodic['exporter'],
  faults: Faults,
): PushConfig['exporter'] | undefined {
  if (exporter.otlp_http !== undefined) return readOtlpHttp(exporter.otlp_http, faults)
  if (exporter.otlp_grpc !== undefined) return readOtlpGrpc(exporter.otlp_grpc, faults)
  if (exporter.console === undefined) return undefined
  faults.read(exporter.console?.temporality_preference, oneOf('cumulative'))
  faults.read(exporter.console?.default_histogram_aggregation, oneOf('explicit_bucket_histogram'))
  return { kind: 'console' }
}
