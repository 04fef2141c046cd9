// The OTEL_EXPORTER_OTLP_* variables; the form with _METRICS_ wins.
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
import type { OtlpConfig } from '../config.ts'
import type { Faults, Kind } from './faults.ts'
import * as kinds from './kinds.ts'
import { readTls } from './tls.ts'
import type { Read } from './variables.ts'

const prefix = 'OTEL_EXPORTER_OTLP_'
const tlsSettings = { ca: 'CERTIFICATE', certificate: 'CLIENT_CERTIFICATE', key: 'CLIENT_KEY' }

export function readOtlp(read: Read, faults: Faults): OtlpConfig {
  const setting = <Value>(kind: Kind<Value>, name: string) =>
    read(kind, `${prefix}METRICS_${name}`, `${prefix}${name}`)
  const protocol = setting(kinds.oneOf('http/protobuf', 'http/json', 'grpc'), 'PROTOCOL') ?? 'http/protobuf'
  // Base-2 exponential histograms have no form in the pull endpoint's formats; every exporter gives the same.
  read(kinds.oneOf('explicit_bucket_histogram'), 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION')
  return {
    kind: 'otlp',
    protocol,
    endpoint: protocol === 'grpc' ? grpcEndpoint(setting) : httpEndpoint(read),
    headers: {
      ...read(kinds.headers, 'OTEL_EXPORTER_OTLP_HEADERS'),
      ...read(kinds.headers, 'OTEL_EXPORTER_OTLP_METRICS_HEADERS'),
    },
    timeoutMs: setting(kinds.milliseconds, 'TIMEOUT') ?? 10_000,
    compression: setting(kinds.oneOf('none', 'gzip'), 'COMPRESSION') ?? 'none',
    temporality:
      read(
        kinds.oneOf('cumulative', 'delta', 'lowmemory'),
        'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
      ) ?? 'cumulative',
    tls: readTls(
      { certificate: `${prefix}${tlsSettings.certificate}`, key: `${prefix}${tlsSettings.key}` },
      (name, kind) => setting(kind, tlsSettings[name]),
      faults,
    ),
  }
}

/** The path of the signal follows the common variable; the signal's own is used as it is. */
function httpEndpoint(read: Read): string {
  const own = read(kinds.httpUrl, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT')
  if (own) return own
  const base = read(kinds.httpUrl, 'OTEL_EXPORTER_OTLP_ENDPOINT') ?? 'http://localhost:4318'
  return `${base.replace(/\/$/, '')}/v1/metrics`
}

function grpcEndpoint(setting: <Value>(kind: Kind<Value>, name: string) => Value | undefined): string {
  const target = setting(kinds.grpcTarget, 'ENDPOINT') ?? 'http://localhost:4317'
  if (target.includes('://')) return target
  return `${setting(kinds.boolean, 'INSECURE') ? 'http' : 'https'}://${target}`
}
