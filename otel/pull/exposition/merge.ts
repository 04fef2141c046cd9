// Adds histograms: those of two series that become the same, and their buckets at other bounds.
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'
import { toFixedBuckets } from './values.ts'

export type AnyHistogram = Histogram | ExponentialHistogram
type Buckets = ExponentialHistogram['positive']

export const isExponential = (value: AnyHistogram): value is ExponentialHistogram => 'scale' in value

export function addHistograms(a: AnyHistogram, b: AnyHistogram): AnyHistogram {
  if (isExponential(a) && isExponential(b)) return addExponential(a, b)
  return addFixed(isExponential(a) ? toFixedBuckets(a) : a, isExponential(b) ? toFixedBuckets(b) : b)
}

export function addExponential(a: ExponentialHistogram, b: ExponentialHistogram): ExponentialHistogram {
  const scale = Math.min(a.scale, b.scale)
  const [coarseA, coarseB] = [reduceScale(a, scale), reduceScale(b, scale)]
  return {
    scale,
    ...countAndSum(a, b),
    zeroCount: a.zeroCount + b.zeroCount,
    positive: addBuckets(coarseA.positive, coarseB.positive),
    negative: addBuckets(coarseA.negative, coarseB.negative),
  }
}

/**
 * Merges neighbouring buckets until the histogram has this scale; each step doubles their width.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-scale
 */
export function reduceScale(histogram: ExponentialHistogram, scale: number): ExponentialHistogram {
  const steps = histogram.scale - scale
  if (steps <= 0) return histogram
  const reduce = ({ offset, bucketCounts }: Buckets): Buckets => {
    const first = offset >> steps
    const merged: number[] = []
    bucketCounts.forEach((count, position) => {
      const index = ((offset + position) >> steps) - first
      merged[index] = (merged[index] ?? 0) + count
    })
    return { offset: first, bucketCounts: merged }
  }
  return {
    ...histogram,
    scale,
    positive: reduce(histogram.positive),
    negative: reduce(histogram.negative),
  }
}

/** Keeps the bounds that both have: at these, and in total, the counts are exact. */
function addFixed(a: Histogram, b: Histogram): Histogram {
  const known = new Set(b.buckets.boundaries)
  const boundaries = a.buckets.boundaries.filter((bound) => known.has(bound))
  const [countsA, countsB] = [countsAt(a, boundaries), countsAt(b, boundaries)]
  const counts = countsA.map((count, index) => count + (countsB[index] ?? 0))
  return { ...countAndSum(a, b), buckets: { boundaries, counts } }
}

function countsAt({ buckets }: Histogram, boundaries: number[]): number[] {
  let index = 0
  return [...boundaries, Number.POSITIVE_INFINITY].map((bound) => {
    let total = 0
    while (index < buckets.counts.length && (buckets.boundaries[index] ?? Number.POSITIVE_INFINITY) <= bound)
      total += buckets.counts[index++] ?? 0
    return total
  })
}

function addBuckets(a: Buckets, b: Buckets): Buckets {
  if (a.bucketCounts.length === 0) return b
  if (b.bucketCounts.length === 0) return a
  const offset = Math.min(a.offset, b.offset)
  const end = Math.max(a.offset + a.bucketCounts.length, b.offset + b.bucketCounts.length)
  const at = (buckets: Buckets, index: number) => buckets.bucketCounts[index - buckets.offset] ?? 0
  const bucketCounts = Array.from(
    { length: end - offset },
    (_, index) => at(a, offset + index) + at(b, offset + index),
  )
  return { offset, bucketCounts }
}

function countAndSum(a: AnyHistogram, b: AnyHistogram) {
  const sum = a.sum === undefined || b.sum === undefined ? undefined : a.sum + b.sum
  return { count: a.count + b.count, sum }
}
