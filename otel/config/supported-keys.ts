// The keys of the configuration file that this service supports. All others are rejected, never ignored.

/** The keys of a mapping, or of each mapping in a list. A scalar has none. */
export type SupportedKeys = { readonly [key: string]: SupportedKeys }

const scalars = <Name extends string>(...names: Name[]) =>
  Object.fromEntries(names.map((name) => [name, {}])) as Record<Name, SupportedKeys>

const otlp = {
  ...scalars('endpoint', 'compression', 'timeout', 'headers_list'),
  ...scalars('temporality_preference', 'default_histogram_aggregation'),
  headers: scalars('name', 'value'),
}
const tls = scalars('ca_file', 'cert_file', 'key_file')

const readers = {
  pull: {
    exporter: {
      'prometheus/development': scalars(
        'host',
        'port',
        'scope_info_enabled',
        'target_info_enabled/development',
        'translation_strategy',
      ),
    },
  },
  periodic: {
    ...scalars('interval', 'timeout', 'max_export_batch_size/development'),
    exporter: {
      otlp_http: { ...otlp, encoding: {}, tls },
      otlp_grpc: { ...otlp, tls: { ...tls, insecure: {} } },
      console: scalars('temporality_preference', 'default_histogram_aggregation'),
    },
  },
}

const views = {
  selector: scalars(
    'instrument_name',
    'instrument_type',
    'unit',
    'meter_name',
    'meter_version',
    'meter_schema_url',
  ),
  stream: {
    ...scalars('name', 'description', 'aggregation_cardinality_limit'),
    aggregation: {
      ...scalars('default', 'drop', 'sum', 'last_value'),
      explicit_bucket_histogram: scalars('boundaries', 'record_min_max'),
    },
    attribute_keys: scalars('included', 'excluded'),
  },
}

export const supportedKeys: SupportedKeys = {
  ...scalars('file_format', 'disabled'),
  resource: {
    attributes: scalars('name', 'value', 'type'),
    ...scalars('attributes_list', 'schema_url'),
  },
  meter_provider: { readers, views, exemplar_filter: {} },
}
