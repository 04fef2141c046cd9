// Values as text: numbers, and histograms of both kinds as cumulative buckets.
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'

/** A sample's value: the shortest text that parses to the same double, or `NaN`, `+Inf`, `-Inf`. */
export function valueText(value: number): string {
  if (Number.isFinite(value)) return `${value}`
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/** `upTo` is the index of the last count that the bucket includes. */
export type Bucket = { bound: number; label: string; upTo: number }

const known = new WeakMap<number[], Bucket[]>()

/** The `le` labels of these bounds, ending with `+Inf`. Cached per array, which the SDK keeps per instrument. */
export function bucketsOf(boundaries: number[]): Bucket[] {
  let buckets = known.get(boundaries)
  if (buckets === undefined) {
    buckets = boundaries
      .map((bound, index) => ({ bound, upTo: index }))
      // Of equal bounds the last one counts; an explicit +Inf is the bucket added below.
      .filter(({ bound, upTo }) => bound !== boundaries[upTo + 1] && bound !== Number.POSITIVE_INFINITY)
      .map(({ bound, upTo }) => ({ bound, label: `le="${boundText(bound)}"`, upTo }))
    buckets.push({ bound: Number.POSITIVE_INFINITY, label: 'le="+Inf"', upTo: boundaries.length })
    known.set(boundaries, buckets)
  }
  return buckets
}

/**
 * A bucket's bound in the canonical form of OpenMetrics: `0.005`, `1.0`, `1e+06`. The text format gets the same,
 * because the bound is a label's value and a series must not depend on the format of a scrape.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers
 */
function boundText(bound: number): string {
  if (!Number.isFinite(bound)) return valueText(bound)
  const [digits = '', exponent = '0'] = bound.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 6) {
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return Number.isInteger(bound) ? `${bound}.0` : `${bound}`
}

/**
 * Converts an exponential histogram to fixed buckets, whose bounds are powers of 2 (of 4, 16, … at a negative scale).
 * The histogram's own bounds change with its scale, and `rate()` needs constant ones. The first bucket counts zero and
 * negative values.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-buckets
 */
export function toFixedBuckets({ scale, positive, negative, ...value }: ExponentialHistogram): Histogram {
  const fine = Math.max(scale, 0)
  const width = 2 ** Math.max(-scale, 0)
  const below = negative.bucketCounts.reduce((sum, count) => sum + count, 0)
  const boundaries = [0]
  const counts = [below + value.zeroCount]
  let last: number | undefined
  positive.bucketCounts.forEach((count, offset) => {
    const index = (positive.offset + offset) >> fine
    if (index !== last) {
      boundaries.push(2 ** ((index + 1) * width))
      counts.push(0)
      last = index
    }
    counts[counts.length - 1] = (counts.at(-1) ?? 0) + count
  })
  counts.push(0)
  return { buckets: { boundaries, counts }, count: value.count, sum: below > 0 ? undefined : value.sum }
}
