// The OTLP exporters of the model.
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type {
  OtlpGrpcMetricExporterConfigModel,
  OtlpHttpMetricExporterConfigModel,
} from '@opentelemetry/configuration'
import type { Faults } from './faults.ts'
import type { Located, OtlpConfig } from './types.ts'
import * as validators from './validators.ts'

type Http = Located<NonNullable<OtlpHttpMetricExporterConfigModel>>
type Grpc = Located<NonNullable<OtlpGrpcMetricExporterConfigModel>>

const histograms = validators.oneOf('explicit_bucket_histogram', 'base2_exponential_bucket_histogram')

export function readOtlpHttp(model: Http | null, faults: Faults): OtlpConfig {
  const encoding = faults.read(model?.encoding, validators.oneOf('protobuf', 'json')) ?? 'protobuf'
  return {
    kind: 'otlp',
    protocol: `http/${encoding}`,
    endpoint: faults.read(model?.endpoint, validators.httpUrl) ?? 'http://localhost:4318/v1/metrics',
    ...readCommon(model, faults),
  }
}

/** An endpoint without a scheme uses TLS, unless it is declared insecure. */
export function readOtlpGrpc(model: Grpc | null, faults: Faults): OtlpConfig {
  const target = faults.read(model?.endpoint, validators.grpcTarget) ?? 'http://localhost:4317'
  const withScheme = () =>
    `${faults.read(model?.tls?.insecure, validators.boolean) ? 'http' : 'https'}://${target}`
  return {
    kind: 'otlp',
    protocol: 'grpc',
    endpoint: target.includes('://') ? target : withScheme(),
    ...readCommon(model, faults),
  }
}

function readCommon(model: Http | Grpc | null, faults: Faults) {
  const timeoutMs = faults.read(model?.timeout, validators.timeout) ?? 10_000
  return {
    headers: readHeaders(model, faults),
    timeoutMs: Math.min(timeoutMs, validators.maxMilliseconds),
    compression: faults.read(model?.compression, validators.oneOf('none', 'gzip')) ?? 'none',
    temporality: faults.read(model?.temporality_preference, validators.temporality) ?? 'cumulative',
    histograms: faults.read(model?.default_histogram_aggregation, histograms) ?? 'explicit_bucket_histogram',
    tls: readTls(model?.tls, faults),
  }
}

function readHeaders(model: Http | Grpc | null, faults: Faults): Record<string, string> {
  const headers = { ...faults.read(model?.headers_list, validators.headers) }
  for (const { name, value } of model?.headers ?? []) {
    const headerName = faults.read(name, validators.headerName)
    const headerValue = faults.read(value, validators.headerValue)
    if (headerName !== undefined && headerValue !== undefined) headers[headerName] = headerValue
  }
  return headers
}

function readTls(model: Grpc['tls'], faults: Faults): OtlpConfig['tls'] {
  const { ca_file: caFile, cert_file: certificateFile, key_file: keyFile } = model ?? {}
  const ca = faults.read(caFile, validators.certificateFile)
  const certificate = faults.read(certificateFile, validators.certificateFile)
  const key = faults.read(keyFile, validators.keyFile)
  if (certificateFile && !keyFile)
    faults.add({ ...certificateFile, requirement: 'must be set together with the client key' })
  if (keyFile && !certificateFile)
    faults.add({ ...keyFile, requirement: 'must be set together with the client certificate' })
  if (
    keyFile &&
    key &&
    certificate &&
    !new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  )
    faults.add({ ...keyFile, requirement: 'must contain the private key of the client certificate' })
  return { ca, certificate, key }
}
