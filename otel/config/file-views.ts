// `meter_provider.views` of the configuration file.
import type { AggregationConfigModel, ViewConfigModel } from '@opentelemetry/configuration'
import {
  type AggregationOption,
  AggregationType,
  type IAttributesProcessor,
  InstrumentType,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import { type Faults, openSection, type Validator } from './faults.ts'
import { integer, maxMilliseconds, text } from './validators.ts'

type AttributeKeys = NonNullable<ViewConfigModel['stream']['attribute_keys']>

const instrumentType: Validator<InstrumentType> = {
  allowed: `one of ${Object.values(InstrumentType).join(', ').toLowerCase()}`,
  parse: (name) => Object.values(InstrumentType).find((type) => type === name.toUpperCase()),
}
/** All that the SDK's selector takes. */
const instrumentPattern: Validator<string> = {
  allowed: 'a name with at most one * and no ?',
  parse: (name) => (/^[^*?]*\*?[^*?]*$/.test(name) ? name : undefined),
}

/** One view or, with faults, none. */
export function readView(model: ViewConfigModel, index: number, faults: Faults): ViewOptions[] {
  const path = `meter_provider.views[${index}]`
  const selector = openSection(faults, `${path}.selector`, model.selector, [
    'instrument_name',
    'instrument_type',
    'unit',
    'meter_name',
    'meter_version',
    'meter_schema_url',
  ])
  const stream = openSection(faults, `${path}.stream`, model.stream, [
    'name',
    'description',
    'aggregation',
    'aggregation_cardinality_limit',
    'attribute_keys',
  ])
  const view: ViewOptions = {
    instrumentName: selector.read('instrument_name', instrumentPattern) ?? '*',
    instrumentType: selector.read('instrument_type', instrumentType),
    instrumentUnit: selector.read('unit', text),
    meterName: selector.read('meter_name', text),
    meterVersion: selector.read('meter_version', text),
    meterSchemaUrl: selector.read('meter_schema_url', text),
    name: stream.read('name', text),
    description: stream.read('description', text),
    aggregation: readAggregation(model.stream.aggregation, stream.nameOf('aggregation'), faults),
    aggregationCardinalityLimit: stream.read('aggregation_cardinality_limit', integer(1, maxMilliseconds)),
    attributesProcessors: readAttributeKeys(
      model.stream.attribute_keys,
      stream.nameOf('attribute_keys'),
      faults,
    ),
  }
  if (view.name === undefined || !(model.selector.instrument_name ?? '*').includes('*')) return [view]
  faults.refuse(stream.nameOf('name'), view.name, 'of use with an instrument_name that may match several')
  return []
}

function readAggregation(
  model: AggregationConfigModel | undefined,
  path: string,
  faults: Faults,
): AggregationOption | undefined {
  const histogram = 'explicit_bucket_histogram'
  const section = openSection(faults, path, model, ['default', 'drop', 'sum', 'last_value', histogram])
  if (model === undefined) return undefined
  if (model.drop !== undefined) return { type: AggregationType.DROP }
  if (model.sum !== undefined) return { type: AggregationType.SUM }
  if (model.last_value !== undefined) return { type: AggregationType.LAST_VALUE }
  if (!model[histogram])
    return { type: histogram in model ? AggregationType.EXPLICIT_BUCKET_HISTOGRAM : AggregationType.DEFAULT }
  const settings = model[histogram]
  openSection(faults, section.nameOf(histogram), settings, ['boundaries', 'record_min_max'])
  const boundaries = settings.boundaries ?? specifiedBoundaries
  if (boundaries.some((boundary, i) => i > 0 && boundary <= Number(boundaries[i - 1])))
    faults.refuse(`${section.nameOf(histogram)}.boundaries`, boundaries, 'in ascending order')
  const recordMinMax = settings.record_min_max ?? true
  return { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries, recordMinMax } }
}
const specifiedBoundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000]

function readAttributeKeys(
  model: AttributeKeys | undefined,
  path: string,
  faults: Faults,
): IAttributesProcessor[] | undefined {
  openSection(faults, path, model, ['included', 'excluded'])
  if (!model) return undefined
  const included = (model.included ?? ['*']).map(pattern)
  const excluded = (model.excluded ?? []).map(pattern)
  const some = (patterns: RegExp[], key: string) => patterns.some((one) => one.test(key))
  return [
    {
      process: (incoming) =>
        Object.fromEntries(
          Object.entries(incoming).filter(([key]) => some(included, key) && !some(excluded, key)),
        ),
    },
  ]
}

/** `*` stands for any characters, `?` for one. */
function pattern(wildcards: string): RegExp {
  const source = wildcards
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
