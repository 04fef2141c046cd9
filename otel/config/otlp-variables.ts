// The OTEL_EXPORTER_OTLP_* variables; the form with _METRICS_ wins.
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/

import type { Read } from './environment.ts'
import type { Faults, Validator } from './faults.ts'
import { readTls } from './tls.ts'
import type { OtlpConfig } from './types.ts'
import * as validators from './validators.ts'

const prefix = 'OTEL_EXPORTER_OTLP_'
const tlsSettings = { ca: 'CERTIFICATE', certificate: 'CLIENT_CERTIFICATE', key: 'CLIENT_KEY' }

export function readOtlp(read: Read, faults: Faults): OtlpConfig {
  const setting = <Value>(validator: Validator<Value>, name: string) =>
    read(validator, `${prefix}METRICS_${name}`, `${prefix}${name}`)
  const protocol =
    setting(validators.oneOf('http/protobuf', 'http/json', 'grpc'), 'PROTOCOL') ?? 'http/protobuf'
  // Base-2 exponential histograms have no form in the pull endpoint's formats; every exporter gives the same.
  read(
    validators.oneOf('explicit_bucket_histogram'),
    'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
  )
  return {
    kind: 'otlp',
    protocol,
    endpoint: protocol === 'grpc' ? grpcEndpoint(setting) : httpEndpoint(read),
    headers: {
      ...read(validators.headers, 'OTEL_EXPORTER_OTLP_HEADERS'),
      ...read(validators.headers, 'OTEL_EXPORTER_OTLP_METRICS_HEADERS'),
    },
    timeoutMs: setting(validators.milliseconds, 'TIMEOUT') ?? 10_000,
    compression: setting(validators.oneOf('none', 'gzip'), 'COMPRESSION') ?? 'none',
    temporality:
      read(
        validators.oneOf('cumulative', 'delta', 'lowmemory'),
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
  const own = read(validators.httpUrl, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT')
  if (own) return own
  const base = read(validators.httpUrl, 'OTEL_EXPORTER_OTLP_ENDPOINT') ?? 'http://localhost:4318'
  return `${base.replace(/\/$/, '')}/v1/metrics`
}

function grpcEndpoint(
  setting: <Value>(validator: Validator<Value>, name: string) => Value | undefined,
): string {
  const target = setting(validators.grpcTarget, 'ENDPOINT') ?? 'http://localhost:4317'
  if (target.includes('://')) return target
  return `${setting(validators.boolean, 'INSECURE') ? 'http' : 'https'}://${target}`
}
