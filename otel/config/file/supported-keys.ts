// What the configuration file may contain. Everything else is rejected, never ignored.
// https://github.com/open-telemetry/opentelemetry-configuration/tree/main/schema
import { type Format, patterns, prometheusKeys } from './prometheus-keys.ts'
import {
  anyScalar,
  boolean,
  integer,
  list,
  mapping,
  notNull,
  number,
  oneOf,
  orNull,
  type Shape,
  secretText,
  text,
} from './shape.ts'

/** The shape of the whole file. A file of either format becomes a model with the keys of 1.1. */
export function supportedKeys(format: Format): Shape {
  const reader = mapping({ pull: pull(format), periodic: periodic(format) }, { single: true })
  return mapping({
    file_format: text,
    disabled: boolean,
    resource,
    meter_provider: mapping(
      // The SDK does not support exemplars yet.
      { readers: list(reader), views: list(view), exemplar_filter: oneOf('always_off') },
      { required: ['readers'] },
    ),
  })
}

const attributeTypes = ['string', 'bool', 'int', 'double'].flatMap((type) => [type, `${type}_array`])
const attributeValue: Shape = (node, place) =>
  (Array.isArray(node) ? list(notNull(anyScalar)) : anyScalar)(node, place)

const resource = mapping({
  attributes: list(
    mapping(
      { name: notNull(text), value: attributeValue, type: oneOf(...attributeTypes) },
      { required: ['name', 'value'] },
    ),
  ),
  attributes_list: text,
  schema_url: text,
})

const instrumentTypes = ['counter', 'gauge', 'histogram', 'up_down_counter'].flatMap((type) =>
  type === 'histogram' ? type : [type, `observable_${type}`],
)

const cardinalityLimits = mapping(
  Object.fromEntries(['default', ...instrumentTypes].map((type) => [type, integer])),
)

function pull(format: Format): Shape {
  const exporter = mapping({ 'prometheus/development': orNull(prometheusKeys(format)) }, { single: true })
  return mapping({ exporter, cardinality_limits: cardinalityLimits }, { required: ['exporter'] })
}

const histograms = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram']
const otlp = {
  endpoint: text,
  headers: list(
    mapping({ name: notNull(text), value: secretText }, { required: ['name', 'value'], secret: true }),
    { secret: true },
  ),
  headers_list: secretText,
  compression: text,
  timeout: integer,
  temporality_preference: oneOf('cumulative', 'delta', 'low_memory'),
  default_histogram_aggregation: oneOf(...histograms),
}
const tls = { ca_file: text, cert_file: text, key_file: text }

function periodic(format: Format): Shape {
  const batchSize = 'max_export_batch_size/development'
  const keys = {
    interval: integer,
    timeout: integer,
    exporter: mapping(
      {
        otlp_http: orNull(
          mapping({ ...otlp, encoding: oneOf('protobuf', 'json'), tls: orNull(mapping(tls)) }),
        ),
        otlp_grpc: orNull(mapping({ ...otlp, tls: orNull(mapping({ ...tls, insecure: boolean })) })),
        console: orNull(
          mapping({
            temporality_preference: oneOf('cumulative'),
            default_histogram_aggregation: oneOf('explicit_bucket_histogram'),
          }),
        ),
      },
      { single: true },
    ),
    cardinality_limits: cardinalityLimits,
  }
  return format === '1.0'
    ? mapping(keys, { required: ['exporter'], advice: { [batchSize]: 'requires file_format 1.1' } })
    : mapping({ ...keys, [batchSize]: integer }, { required: ['exporter'] })
}

const nothing = orNull(mapping({}))
const view = mapping(
  {
    selector: mapping({
      instrument_name: text,
      instrument_type: oneOf(...instrumentTypes),
      unit: text,
      meter_name: text,
      meter_version: text,
      meter_schema_url: text,
    }),
    stream: mapping({
      name: text,
      description: text,
      aggregation_cardinality_limit: integer,
      aggregation: mapping(
        {
          default: nothing,
          drop: nothing,
          sum: nothing,
          last_value: nothing,
          explicit_bucket_histogram: orNull(
            mapping({
              boundaries: list(notNull(number), { mayBeEmpty: true }),
              record_min_max: boolean,
            }),
          ),
          base2_exponential_bucket_histogram: orNull(
            mapping({ max_scale: integer, max_size: integer, record_min_max: boolean }),
          ),
        },
        { single: true },
      ),
      attribute_keys: patterns,
    }),
  },
  { required: ['selector', 'stream'] },
)
