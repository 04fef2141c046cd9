// The telemetry configuration: as it is written (Model), and checked with all defaults (TelemetryConfig).
import type { Attributes } from '@opentelemetry/api'
import type { ConfigurationModel } from '@opentelemetry/configuration'
import type { InstrumentType, ViewOptions } from '@opentelemetry/sdk-metrics'

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

export type TelemetryConfig = { resource: ResourceConfig; readers: ReaderConfig[]; views: ViewConfig[] }

/**
 * `maxScale` limits the scale of an exponential histogram, from -10 to 20; `seriesLimit` the series, instead of the
 * reader's limit. The SDK has no such options that hold across collections: otel/limits/ applies them.
 */
export type ViewConfig = Omit<ViewOptions, 'aggregationCardinalityLimit'> & {
  maxScale: number | undefined
  seriesLimit: number | undefined
}

/** Attributes in addition to those of every process; they replace attributes of the same name. */
export type ResourceConfig = { attributes: Attributes; schemaUrl?: string | undefined }

export type ReaderConfig = PullConfig | PushConfig

/** Port 0 picks a free port. A scrape must carry the bearer token, if there is one. */
export type PullConfig = {
  kind: 'pull'
  host: string
  port: number
  token?: string | undefined
} & PullOptions

/** @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/#configuration */
export type PullOptions = {
  translationStrategy: TranslationStrategy
  /** Whether each series has the labels of its scope. */
  scopeInfo: boolean
  targetInfo: boolean
  /** The resource attributes that become labels of each series; undefined means none. */
  resourceLabels: AttributePatterns | undefined
  /** Whether the protobuf format has native buckets of every histogram. */
  nativeHistograms: boolean
  cardinalityLimits: CardinalityLimits | undefined
}

export type TranslationStrategy =
  | 'underscore_escaping_with_suffixes'
  | 'underscore_escaping_without_suffixes'
  | 'no_utf8_escaping_with_suffixes'
  | 'no_translation'

/** Patterns of attribute keys. No included pattern means all keys; excluded patterns win. */
export type AttributePatterns = { included: string[]; excluded: string[] }

/** Series per instrument, by its type; `default` applies to all other types. */
export type CardinalityLimits = Partial<Record<InstrumentType | 'default', number>>

export const defaultPullOptions: PullOptions = {
  translationStrategy: 'underscore_escaping_with_suffixes',
  scopeInfo: true,
  targetInfo: true,
  resourceLabels: undefined,
  nativeHistograms: false,
  cardinalityLimits: undefined,
}

export type PushConfig = {
  kind: 'push'
  intervalMs: number
  /** At most the interval: the SDK accepts no more. */
  timeoutMs: number
  /** Data points per export; undefined means all. */
  maxBatchSize?: number | undefined
  cardinalityLimits?: CardinalityLimits | undefined
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
  /** The aggregation of histograms that no view selects. */
  histograms: 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram'
  /** PEM texts. */
  tls: { ca?: string | undefined; certificate?: string | undefined; key?: string | undefined }
}
