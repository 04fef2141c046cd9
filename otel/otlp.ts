// OTLP exporters in the three protocols, told everything by our configuration.
import { ExportResultCode } from '@opentelemetry/core'
import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http'
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base'
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { OtlpConfig } from './config/types.ts'

const temporalities = {
  cumulative: AggregationTemporalityPreference.CUMULATIVE,
  delta: AggregationTemporalityPreference.DELTA,
  lowmemory: AggregationTemporalityPreference.LOWMEMORY,
}

/** Makes the exporter for a configuration, importing only the packages of its protocol. */
export async function createOtlpExporter(config: OtlpConfig): Promise<PushMetricExporter> {
  const create = config.protocol === 'grpc' ? await grpcExporter(config) : await httpExporter(config)
  return nameFailures(withoutVariables(create), config.endpoint)
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

function options({ endpoint, timeoutMs, compression, temporality }: OtlpConfig) {
  return {
    url: endpoint,
    timeoutMillis: timeoutMs,
    // The next one has all that this one has, and newer.
    concurrencyLimit: 1,
    compression: compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    temporalityPreference: temporalities[temporality],
  }
}

/**
 * The exporters add what they find in the variables, such as headers, to what they are told: with a
 * configuration file, that would be settings that the file does not have.
 */
function withoutVariables<Made>(create: () => Made): Made {
  const hidden = Object.entries(process.env).filter(([name]) => name.startsWith('OTEL_EXPORTER_OTLP_'))
  for (const [name] of hidden) delete process.env[name]
  try {
    return create()
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden))
  }
}

/** Says in each failure where the export went; a name with two addresses would fail as a mere "AggregateError". */
function nameFailures(exporter: PushMetricExporter, endpoint: string): PushMetricExporter {
  const send = exporter.export.bind(exporter)
  exporter.export = (metrics, done) =>
    send(metrics, (result) =>
      done(
        result.code === ExportResultCode.SUCCESS
          ? result
          : {
              ...result,
              error: new Error(`${endpoint}: ${reasonOf(result.error)}`, { cause: result.error }),
            },
      ),
    )
  return exporter
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
