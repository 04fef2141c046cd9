// Both kinds of histogram as cumulative fixed buckets, the only kind that text formats can carry.
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'
import { boundText } from './numbers.ts'

/** `upTo` is the last index of the counts that the bucket includes. */
export type Bucket = { label: string; upTo: number }

const known = new WeakMap<number[], Bucket[]>()

/** The `le` labels for some bounds, ending with `+Inf`; kept per array, which the SDK keeps per instrument. */
export function bucketsOf(boundaries: number[]): Bucket[] {
  let buckets = known.get(boundaries)
  if (buckets === undefined) {
    buckets = boundaries
      .map((bound, index) => ({ bound, upTo: index }))
      // A bound given twice makes one bucket, and an explicit +Inf is the one that is added anyway.
      .filter(({ bound, upTo }) => bound !== boundaries[upTo + 1] && bound !== Number.POSITIVE_INFINITY)
      .map(({ bound, upTo }) => ({ label: `le="${boundText(bound)}"`, upTo }))
    buckets.push({ label: 'le="+Inf"', upTo: boundaries.length })
    known.set(boundaries, buckets)
  }
  return buckets
}

/**
 * Converts an exponential histogram. Its own bounds move with its scale; powers of two (or of 4, 16, … when it is
 * coarser) stay where they are, so that `rate()` over a bucket means something. What is zero or negative is counted in
 * the first bucket.
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
