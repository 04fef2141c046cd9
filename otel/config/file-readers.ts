// `meter_provider.readers` of the configuration file.
import type {
  MetricReaderConfigModel,
  PeriodicMetricReaderConfigModel,
  PullMetricReaderConfigModel,
  PushMetricExporterConfigModel,
} from '@opentelemetry/configuration'
import { type Faults, openSection } from './faults.ts'
import { readOtlpGrpc, readOtlpHttp } from './file-otlp.ts'
import type { PullConfig, PushConfig, ReaderConfig } from './types.ts'
import { boolean, integer, maxMilliseconds, milliseconds, oneOf, port, text } from './validators.ts'

/** One reader or, with faults, none. `token` guards the pull endpoints. */
export function readReader(
  model: MetricReaderConfigModel,
  index: number,
  token: string | undefined,
  faults: Faults,
): ReaderConfig[] {
  const path = `meter_provider.readers[${index}]`
  if (model.pull) return readPull(model.pull, `${path}.pull`, token, faults)
  if (model.periodic) return readPeriodic(model.periodic, `${path}.periodic`, faults)
  return []
}

function readPull(
  model: PullMetricReaderConfigModel,
  path: string,
  token: string | undefined,
  faults: Faults,
): PullConfig[] {
  openSection(faults, path, model, ['exporter'])
  const name = 'prometheus/development'
  const exporter = openSection(faults, `${path}.exporter`, model.exporter, [name])
  if (!(name in model.exporter)) return []
  const settings = openSection(faults, exporter.nameOf(name), model.exporter[name], [
    'host',
    'port',
    'scope_info_enabled',
    'target_info_enabled/development',
    'translation_strategy',
  ])
  // What the endpoint always does may be asked for.
  const always = { ...boolean, allowed: 'true', parse: (value: string) => value === 'true' || undefined }
  settings.read('scope_info_enabled', always)
  settings.read('target_info_enabled/development', always)
  settings.read('translation_strategy', oneOf('underscore_escaping_with_suffixes'))
  return [
    {
      kind: 'pull',
      host: settings.read('host', text) ?? 'localhost',
      port: settings.read('port', port) ?? 9464,
      token,
    },
  ]
}

function readPeriodic(model: PeriodicMetricReaderConfigModel, path: string, faults: Faults): PushConfig[] {
  const section = openSection(faults, path, model, [
    'interval',
    'timeout',
    'max_export_batch_size/development',
    'exporter',
  ])
  const intervalMs = section.read('interval', milliseconds) ?? 60_000
  // 0 is "no limit", which the SDK has up to the interval.
  const timeoutMs = section.read('timeout', integer(0, maxMilliseconds)) || undefined
  if (timeoutMs && timeoutMs > intervalMs)
    faults.refuse(section.nameOf('timeout'), timeoutMs, `at most the interval, ${intervalMs}`)
  const exporter = readExporter(model.exporter, section.nameOf('exporter'), faults)
  if (!exporter) return []
  return [
    {
      kind: 'push',
      intervalMs,
      timeoutMs: timeoutMs ?? Math.min(model.timeout === 0 ? maxMilliseconds : 30_000, intervalMs),
      maxBatchSize: section.read('max_export_batch_size/development', integer(1, maxMilliseconds)),
      exporter,
    },
  ]
}

/** A key without settings is null, and asks for the exporter with its defaults. */
function readExporter(
  model: PushMetricExporterConfigModel,
  path: string,
  faults: Faults,
): PushConfig['exporter'] | undefined {
  const section = openSection(faults, path, model, ['otlp_http', 'otlp_grpc', 'console'])
  if (model.otlp_http !== undefined) return readOtlpHttp(model.otlp_http, section.nameOf('otlp_http'), faults)
  if (model.otlp_grpc !== undefined) return readOtlpGrpc(model.otlp_grpc, section.nameOf('otlp_grpc'), faults)
  if (model.console === undefined) return undefined
  const keys = ['temporality_preference', 'default_histogram_aggregation'] as const
  const settings = openSection(faults, section.nameOf('console'), model.console, keys)
  settings.read('temporality_preference', oneOf('cumulative'))
  settings.read('default_histogram_aggregation', oneOf('explicit_bucket_histogram'))
  return { kind: 'console' }
}
