// The telemetry configuration: as it is written (Model), and checked with all defaults (TelemetryConfig).
import type { Attributes } from '@opentelemetry/api'
import type { ConfigurationModel } from '@opentelemetry/configuration'
import type { ViewOptions } from '@opentelemetry/sdk-metrics'

/** A value as it is written, and where: an environment variable, or a file and a path inside it. */
export type Setting = { name: string; value: string | number | boolean }

/** A type of the declarative configuration in which every scalar is a Setting. */
export type Located<T> = T extends Setting['value']
  ? Setting
  : T extends object
    ? { [Key in keyof T]: Located<T[Key]> }
    : T

/** What the variables and the configuration file are both translated to. */
export type Model = Located<ConfigurationModel>

export type TelemetryConfig = { resource: ResourceConfig; readers: ReaderConfig[]; views: ViewOptions[] }

/** Attributes in addition to those of every process; they replace attributes of the same name. */
export type ResourceConfig = { attributes: Attributes; schemaUrl?: string | undefined }

export type ReaderConfig = PullConfig | PushConfig

/** Port 0 picks a free port. A scrape must carry the bearer token, if there is one. */
export type PullConfig = { kind: 'pull'; host: string; port: number; token?: string | undefined }

export type PushConfig = {
  kind: 'push'
  intervalMs: number
  /** At most the interval: the SDK accepts no more. */
  timeoutMs: number
  /** Data points per export; undefined means all. */
  maxBatchSize?: number | undefined
  exporter: { kind: 'console' } | OtlpConfig
}

export type OtlpConfig = {
  kind: 'otlp'
  protocol: 'http/protobuf' | 'http/json' | 'grpc'
  /** The complete URL, including the path of the signal. */
  endpoint: string
  headers: Record<string, string>
  timeoutMs: number
  compression: 'gzip' | 'none'
  temporality: 'cumulative' | 'delta' | 'lowmemory'
  /** PEM texts. */
  tls: { ca?: string | undefined; certificate?: string | undefined; key?: string | undefined }
}
