// What is exported and where: from the OTEL_* variables, or from the file that OTEL_CONFIG_FILE names.
import type { Attributes } from '@opentelemetry/api'
import type { ViewOptions } from '@opentelemetry/sdk-metrics'
import { readVariables } from './environment.ts'
import { createFaults } from './faults.ts'

export type TelemetryConfig = { resource: ResourceConfig; readers: ReaderConfig[]; views: ViewOptions[] }

/** Attributes over those that every process has. */
export type ResourceConfig = { attributes: Attributes; schemaUrl?: string | undefined }

export type ReaderConfig = PullConfig | PushConfig

/** `port` 0 is any free one; `token` is what a scrape must bring. */
export type PullConfig = { kind: 'pull'; host: string; port: number; token?: string | undefined }

export type PushConfig = {
  kind: 'push'
  intervalMs: number
  /** At most the interval: the SDK takes no more. */
  timeoutMs: number
  /** Data points in one export; without it, all. */
  maxBatchSize?: number | undefined
  exporter: { kind: 'console' } | OtlpConfig
}

export type OtlpConfig = {
  kind: 'otlp'
  protocol: 'http/protobuf' | 'http/json' | 'grpc'
  /** As it is used, the path of the signal included. */
  endpoint: string
  headers: Record<string, string>
  timeoutMs: number
  compression: 'gzip' | 'none'
  temporality: 'cumulative' | 'delta' | 'lowmemory'
  /** PEM. */
  tls: { ca?: string | undefined; certificate?: string | undefined; key?: string | undefined }
}

/** Every fault of a configuration, a line each. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/**
 * Reads and checks the configuration; undefined when nothing is to be exported. The file, where there is one,
 * replaces the variables. Throws a ConfigError with all faults at once.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export async function readConfig(env: NodeJS.ProcessEnv): Promise<TelemetryConfig | undefined> {
  const faults = createFaults()
  const file = env.OTEL_CONFIG_FILE?.trim()
  const config = file ? (await import('./file.ts')).readFile(file, env, faults) : readVariables(env, faults)
  if (faults.lines.length > 0) throw new ConfigError(faults.lines)
  return config
}
