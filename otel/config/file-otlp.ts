// The OTLP exporters of the configuration file.
import type {
  GrpcTlsConfigModel,
  OtlpGrpcMetricExporterConfigModel,
  OtlpHttpMetricExporterConfigModel,
} from '@opentelemetry/configuration'
import { type Faults, openSection } from './faults.ts'
import { readTls } from './tls.ts'
import type { OtlpConfig } from './types.ts'
import * as validators from './validators.ts'

type HttpModel = NonNullable<OtlpHttpMetricExporterConfigModel>
type GrpcModel = NonNullable<OtlpGrpcMetricExporterConfigModel>
/** The two differ in `encoding` and in `tls.insecure`, which each other lacks. */
type Model = Omit<HttpModel, 'tls'> & Pick<GrpcModel, 'tls'>

const keys = [
  'endpoint',
  'tls',
  'headers',
  'headers_list',
  'compression',
  'timeout',
  'temporality_preference',
  'default_histogram_aggregation',
] as const
const tlsSettings = { ca: 'ca_file', certificate: 'cert_file', key: 'key_file' } as const
const tlsKeys = Object.values(tlsSettings)

export function readOtlpHttp(model: OtlpHttpMetricExporterConfigModel, path: string, faults: Faults) {
  const section = openSection<HttpModel>(faults, path, model, [...keys, 'encoding'])
  const encoding = section.read('encoding', validators.oneOf('protobuf', 'json')) ?? 'protobuf'
  const endpoint = section.read('endpoint', validators.httpUrl) ?? 'http://localhost:4318/v1/metrics'
  return readShared(model ?? {}, { protocol: `http/${encoding}`, endpoint }, path, tlsKeys, faults)
}

export function readOtlpGrpc(model: OtlpGrpcMetricExporterConfigModel, path: string, faults: Faults) {
  const section = openSection<GrpcModel>(faults, path, model, keys)
  const target = section.read('endpoint', validators.grpcTarget) ?? 'http://localhost:4317'
  const scheme = model?.tls?.insecure ? 'http' : 'https'
  const endpoint = target.includes('://') ? target : `${scheme}://${target}`
  return readShared(model ?? {}, { protocol: 'grpc', endpoint }, path, [...tlsKeys, 'insecure'], faults)
}

function readShared(
  model: Model,
  { protocol, endpoint }: Pick<OtlpConfig, 'protocol' | 'endpoint'>,
  path: string,
  supportedTls: readonly (keyof NonNullable<GrpcTlsConfigModel>)[],
  faults: Faults,
): OtlpConfig {
  const section = openSection<Model>(faults, path, model, [...keys, 'encoding'])
  const tls = openSection<NonNullable<GrpcTlsConfigModel>>(
    faults,
    section.nameOf('tls'),
    model.tls,
    supportedTls,
  )
  section.read('default_histogram_aggregation', validators.oneOf('explicit_bucket_histogram'))
  const temporality = section.read(
    'temporality_preference',
    validators.oneOf('cumulative', 'delta', 'low_memory'),
  )
  return {
    kind: 'otlp',
    protocol,
    endpoint,
    headers: { ...section.read('headers_list', validators.headers), ...readHeaders(model, path, faults) },
    // 0 is "no limit".
    timeoutMs:
      (section.read('timeout', validators.integer(0, validators.maxMilliseconds)) ?? 10_000) ||
      validators.maxMilliseconds,
    compression: section.read('compression', validators.oneOf('none', 'gzip')) ?? 'none',
    temporality: temporality === 'low_memory' ? 'lowmemory' : (temporality ?? 'cumulative'),
    tls: readTls(
      { certificate: tls.nameOf('cert_file'), key: tls.nameOf('key_file') },
      (name, kind) => tls.read(tlsSettings[name], kind),
      faults,
    ),
  }
}

function readHeaders(model: Model, path: string, faults: Faults): Record<string, string> {
  const entries = (model.headers ?? []).flatMap(({ name, value }) =>
    value === null ? [] : [[name, value] as const],
  )
  for (const entry of entries)
    if (!validators.isHeader(entry))
      faults.lines.push(`${path}.headers: ${entry[0]} (value not shown) is no header`)
  return Object.fromEntries(entries)
}
