// The environment variables of the telemetry. The settings tables of the documentation are generated from this table.

/** The default as it would be written, or an example if there is no default. */
export type VariableDescription = { description: string; default?: string; example?: string }

/** Every variable that may be read; OTLP's also exist with the prefix OTEL_EXPORTER_OTLP_METRICS_. */
export type Variable = keyof typeof variables | `OTEL_EXPORTER_OTLP_METRICS_${OtlpVariable}`

type NameAfter<Prefix extends string, Name> = Name extends `${Prefix}${infer Rest}` ? Rest : never
export type OtlpVariable = NameAfter<'OTEL_EXPORTER_OTLP_', keyof typeof variables>

export const variables = {
  METRICS_TOKEN: {
    example: 'a-long-random-text',
    description:
      'Bearer token that a scrape of `/metrics` must carry; `deploy/prometheus/prometheus.yml` shows how to send it',
  },
  METRICS_NATIVE_HISTOGRAMS: {
    default: 'false',
    description:
      '`true` adds native buckets to every histogram for scrapers that request protobuf; also applies with `OTEL_CONFIG_FILE`',
  },
  OTEL_METRICS_EXPORTER: {
    default: 'prometheus',
    description: 'Comma-separated list of `prometheus`, `otlp`, `console`; or `none` alone',
  },
  OTEL_EXPORTER_PROMETHEUS_HOST: {
    default: 'localhost',
    description: 'Address that serves `/metrics`; `0.0.0.0` in a container',
  },
  OTEL_EXPORTER_PROMETHEUS_PORT: {
    default: '9464',
    description: 'Port that serves `/metrics`; 0 picks a free one',
  },
  OTEL_CONFIG_FILE: {
    example: 'telemetry.yaml',
    description:
      'YAML file in the declarative format of OpenTelemetry; it replaces all other `OTEL_` variables',
  },
  OTEL_SDK_DISABLED: { default: 'false', description: '`true` turns all metrics off' },
  OTEL_SERVICE_NAME: {
    default: 'microposts',
    description: 'Resource attribute `service.name`; by default the name in package.json',
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    example: 'deployment.environment.name=production',
    description: 'Further resource attributes: a comma-separated list of `key=value`, percent-encoded',
  },
  OTEL_METRIC_EXPORT_INTERVAL: {
    default: '60000',
    description: 'Milliseconds between two pushes (`otlp`, `console`)',
  },
  OTEL_METRIC_EXPORT_TIMEOUT: {
    default: '30000',
    description: 'Milliseconds that a push may take; at most the interval. 0 means the whole interval',
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    default: 'http/protobuf',
    description:
      'Protocol of pushes: `http/protobuf`, `http/json` or `grpc`. Each OTLP variable also exists with the prefix `OTEL_EXPORTER_OTLP_METRICS_`, which takes precedence',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    default: 'http://localhost:4318',
    description:
      'URL of the collector, to which HTTP appends `/v1/metrics`; for `grpc` the default is `http://localhost:4317`',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    example: 'authorization=Bearer%20TOKEN',
    description: 'Headers of pushes: a comma-separated list of `name=value`, percent-encoded',
  },
  OTEL_EXPORTER_OTLP_TIMEOUT: {
    default: '10000',
    description: 'Milliseconds that a request to the collector may take; 0 means no limit',
  },
  OTEL_EXPORTER_OTLP_COMPRESSION: { default: 'none', description: 'Compression of pushes: `none` or `gzip`' },
  OTEL_EXPORTER_OTLP_CERTIFICATE: {
    example: 'ca.pem',
    description: "File with the certificates of the authorities that may sign the collector's certificate",
  },
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: {
    example: 'client.pem',
    description: 'File with the client certificate, for mutual TLS',
  },
  OTEL_EXPORTER_OTLP_CLIENT_KEY: {
    example: 'client-key.pem',
    description: 'File with the private key of the client certificate',
  },
  OTEL_EXPORTER_OTLP_INSECURE: {
    default: 'false',
    description:
      '`true` turns TLS off for `grpc`, if the endpoint does not start with `http://` or `https://`',
  },
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: {
    default: 'cumulative',
    description: 'Temporality of pushed values: `cumulative`, `delta` or `lowmemory`',
  },
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: {
    default: 'explicit_bucket_histogram',
    description:
      'Aggregation of pushed histograms: `explicit_bucket_histogram` or `base2_exponential_bucket_histogram`',
  },
} as const satisfies Record<string, VariableDescription>
