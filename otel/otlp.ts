// OTLP exporters for the three protocols, configured by our configuration alone.
import { ExportResultCode } from '@opentelemetry/core'
import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import {
  type AggregationOption,
  AggregationType,
  InstrumentType,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import type { OtlpConfig } from './config/types.ts'
import { reasonsOf } from './log.ts'

const temporalities = {
  cumulative: AggregationTemporalityPreference.CUMULATIVE,
  delta: AggregationTemporalityPreference.DELTA,
  lowmemory: AggregationTemporalityPreference.LOWMEMORY,
}

const aggregations = {
  // The default of a histogram has the boundaries that the instrument advises.
  explicit_bucket_histogram: { type: AggregationType.DEFAULT },
  base2_exponential_bucket_histogram: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
} as const

/** Imports only the packages of the configured protocol. `name` is the endpoint as the log may show it. */
export async function createOtlpExporter(config: OtlpConfig, name: string): Promise<PushMetricExporter> {
  const create = config.protocol === 'grpc' ? await grpcExporter(config) : await httpExporter(config)
  return nameFailures(withoutVariables(create), name)
}

async function httpExporter(config: OtlpConfig): Promise<() => PushMetricExporter> {
  const { OTLPMetricExporter } =
    config.protocol === 'http/json'
      ? await import('@opentelemetry/exporter-metrics-otlp-http')
      : await import('@opentelemetry/exporter-metrics-otlp-proto')
  const { ca, certificate: cert, key } = config.tls
  const httpAgentOptions = { keepAlive: true, ca, cert, key }
  return () => new OTLPMetricExporter({ ...options(config), headers: config.headers, httpAgentOptions })
}

async function grpcExporter(config: OtlpConfig): Promise<() => PushMetricExporter> {
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-grpc')
  const base = await import('@opentelemetry/otlp-grpc-exporter-base')
  const metadata = base.createEmptyMetadata()
  for (const [name, value] of Object.entries(config.headers)) metadata.set(name, value)
  const pem = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text))
  const credentials = config.endpoint.startsWith('http://')
    ? base.createInsecureCredentials()
    : base.createSslCredentials(pem(config.tls.ca), pem(config.tls.key), pem(config.tls.certificate))
  return () => new OTLPMetricExporter({ ...options(config), metadata, credentials })
}

function options({ endpoint, timeoutMs, compression, temporality, histograms }: OtlpConfig) {
  return {
    url: endpoint,
    timeoutMillis: timeoutMs,
    // Further exports would only queue behind one that the collector does not answer.
    concurrencyLimit: 1,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    temporalityPreference: temporalities[temporality],
    aggregationPreference: (type: InstrumentType): AggregationOption =>
      type === InstrumentType.HISTOGRAM ? aggregations[histograms] : { type: AggregationType.DEFAULT },
  }
}

/**
 * Hides the OTLP variables while an exporter is created: the exporters would merge headers and other settings from
 * them into their options, although a configuration file replaces all variables.
 */
function withoutVariables<Exporter>(create: () => Exporter): Exporter {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_'))
  for (const [name] of hidden) delete process.env[name]
  try {
    return create()
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden))
  }
}

/** Adds the name of the endpoint to each failure, and the reasons of an AggregateError, whose own message is empty. */
function nameFailures(exporter: PushMetricExporter, name: string): PushMetricExporter {
  const send = exporter.export.bind(exporter)
  exporter.export = (metrics, done) =>
    send(metrics, (result) =>
      done(
        result.code === ExportResultCode.SUCCESS
          ? result
          : {
              ...result,
              error: new Error(`${name}: ${reasonsOf(result.error).join(', ')}`, { cause: result.error }),
            },
      ),
    )
  return exporter
}
