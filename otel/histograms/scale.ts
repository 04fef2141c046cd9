// Scales and buckets of exponential histograms.
// https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics'

type Buckets = ExponentialHistogram['positive']

/** Merges buckets until the scale is at most this one; each step halves their number. */
export function reduceScale(histogram: ExponentialHistogram, limit: number): ExponentialHistogram {
  const steps = histogram.scale - limit
  if (steps <= 0) return histogram
  const { positive, negative } = histogram
  return {
    ...histogram,
    scale: limit,
    positive: mergeBuckets(positive, steps),
    negative: mergeBuckets(negative, steps),
  }
}

function mergeBuckets({ offset, bucketCounts }: Buckets, steps: number): Buckets {
  const first = offset >> steps
  const merged: number[] = []
  bucketCounts.forEach((count, i) => {
    const index = ((offset + i) >> steps) - first
    merged[index] = (merged[index] ?? 0) + count
  })
  return { offset: first, bucketCounts: merged }
}

/** The SDK's default for the buckets of a histogram, in each of the positive and negative ranges. */
const maxBuckets = 160
const maxScale = 20

/** The finest scale at which the buckets of two histograms together are few enough. */
export function commonScale(one: ExponentialHistogram, other: ExponentialHistogram): number {
  const ranges = (['positive', 'negative'] as const).flatMap((sign) => {
    const ends = [one, other].flatMap(({ scale, [sign]: { offset, bucketCounts } }) =>
      bucketCounts.length === 0 ? [] : [{ scale, first: offset, last: offset + bucketCounts.length - 1 }],
    )
    return ends.length > 0 ? [ends] : []
  })
  // The scale of a histogram without buckets means nothing.
  let scale = Math.min(maxScale, ...ranges.flat().map((range) => range.scale))
  const isWide = (range: (typeof ranges)[number]) => {
    const indices = range.flatMap(({ scale: own, first, last }) => [
      first >> (own - scale),
      last >> (own - scale),
    ])
    return Math.max(...indices) - Math.min(...indices) >= maxBuckets
  }
  while (ranges.some(isWide)) scale--
  return scale
}

/** The buckets of two histograms of the same scale. */
export function addBuckets(one: Buckets, other: Buckets): Buckets {
  if (one.bucketCounts.length === 0) return other
  if (other.bucketCounts.length === 0) return one
  const offset = Math.min(one.offset, other.offset)
  const end = ({ offset: start, bucketCounts }: Buckets) => start + bucketCounts.length
  const length = Math.max(end(one), end(other)) - offset
  const countAt = ({ offset: start, bucketCounts }: Buckets, i: number) =>
    bucketCounts[offset + i - start] ?? 0
  return { offset, bucketCounts: Array.from({ length }, (_, i) => countAt(one, i) + countAt(other, i)) }
}
