// The views of the model.
import {
  type AggregationOption,
  AggregationType,
  type IAttributesProcessor,
  InstrumentType,
} from '@opentelemetry/sdk-metrics'
import type { Faults, Validator } from './faults.ts'
import { createMatcher, readPatterns } from './patterns.ts'
import type { Model, ViewConfig } from './types.ts'
import { boolean, integer, seriesLimit, text } from './validators.ts'

type View = NonNullable<NonNullable<Model['meter_provider']>['views']>[number]
type Stream = View['stream']

const defaultBoundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000]

const instrumentType: Validator<InstrumentType> = {
  allowed: `one of ${Object.values(InstrumentType).join(', ').toLowerCase()}`,
  parse: (name) => Object.values(InstrumentType).find((type) => type === name.toUpperCase()),
}

const scale: Validator<number> = {
  allowed: 'a whole number from -10 to 20',
  parse: (digits) => (Number(digits) >= -10 && Number(digits) <= 20 ? Number(digits) : undefined),
}

/** The patterns that the SDK's selector supports. */
const instrumentPattern: Validator<string> = {
  allowed: 'a name with at most one * and no ?',
  parse: (name) => (/^[^*?]*\*?[^*?]*$/.test(name) ? name : undefined),
}

export function readView({ selector, stream }: View, faults: Faults): ViewConfig {
  const instrumentName = faults.read(selector.instrument_name, instrumentPattern) ?? '*'
  if (stream.name && instrumentName.includes('*')) {
    const requirement = 'must be left out if instrument_name can match several instruments'
    faults.add({ ...stream.name, requirement })
  }
  return {
    instrumentName,
    instrumentType: faults.read(selector.instrument_type, instrumentType),
    instrumentUnit: faults.read(selector.unit, text),
    meterName: faults.read(selector.meter_name, text),
    meterVersion: faults.read(selector.meter_version, text),
    meterSchemaUrl: faults.read(selector.meter_schema_url, text),
    name: faults.read(stream.name, text),
    description: faults.read(stream.description, text),
    aggregation: readAggregation(stream.aggregation, faults),
    maxScale: faults.read(stream.aggregation?.base2_exponential_bucket_histogram?.max_scale, scale),
    seriesLimit: faults.read(stream.aggregation_cardinality_limit, seriesLimit),
    attributesProcessors: readAttributeKeys(stream.attribute_keys),
  }
}

/** The model of an aggregation is null if the file only names it. */
function readAggregation(model: Stream['aggregation'], faults: Faults): AggregationOption | undefined {
  if (model === undefined) return undefined
  if (model.drop !== undefined) return { type: AggregationType.DROP }
  if (model.sum !== undefined) return { type: AggregationType.SUM }
  if (model.last_value !== undefined) return { type: AggregationType.LAST_VALUE }
  const exponential = model.base2_exponential_bucket_histogram
  if (exponential !== undefined) return readExponential(exponential, faults)
  const histogram = model.explicit_bucket_histogram
  if (histogram === undefined) return { type: AggregationType.DEFAULT }
  if (histogram === null) return { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM }
  const boundaries = histogram.boundaries?.map(({ value }) => Number(value)) ?? defaultBoundaries
  histogram.boundaries?.forEach((setting, i) => {
    if (i > 0 && Number(setting.value) <= Number(boundaries[i - 1]))
      faults.add({ ...setting, requirement: 'must be greater than the boundary before it' })
  })
  const recordMinMax = faults.read(histogram.record_min_max, boolean) ?? true
  return { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries, recordMinMax } }
}

type Exponential = NonNullable<Stream['aggregation']>['base2_exponential_bucket_histogram']

function readExponential(model: Exponential, faults: Faults): AggregationOption {
  const maxSize = faults.read(model?.max_size, integer(2, 2 ** 16)) ?? 160
  const recordMinMax = faults.read(model?.record_min_max, boolean) ?? true
  return { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize, recordMinMax } }
}

function readAttributeKeys(model: Stream['attribute_keys']): IAttributesProcessor[] | undefined {
  if (!model) return undefined
  const matches = createMatcher(readPatterns(model))
  return [
    {
      process: (incoming) => Object.fromEntries(Object.entries(incoming).filter(([key]) => matches(key))),
    },
  ]
}
