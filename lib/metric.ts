// How a metric is declared in the catalogues of src/metrics/ and otel/.

/** The values of an attribute; a name stands for a set that is derived from the declared endpoints. */
export type AttributeValues = readonly (string | boolean)[] | 'routes' | 'statuses' | 'server errors'

export type Metric = {
  kind: 'counter' | 'updowncounter' | 'histogram' | 'gauge'
  /** A UCUM code, as the OpenTelemetry specification requires; annotations in braces. */
  unit: string
  description: string
  attributes: Readonly<Record<string, AttributeValues>>
  /** The attributes that a series may lack. */
  optional?: readonly string[]
  /** Upper bounds of a histogram's buckets, in the metric's unit. */
  boundaries?: number[]
}

/** The options of a metric's instrument, for the OpenTelemetry API. */
export function instrumentOptions({ unit, description, boundaries }: Metric) {
  return { unit, description, ...(boundaries && { advice: { explicitBucketBoundaries: boundaries } }) }
}
