// Adds two histograms of the same kind.
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'
import { addBuckets, commonScale, reduceScale } from './scale.ts'

/** Keeps the bounds that both have: at these, and in total, the counts are exact. */
export function addExplicit(one: Histogram, other: Histogram): Histogram {
  const known = new Set(other.buckets.boundaries)
  const boundaries = one.buckets.boundaries.filter((bound) => known.has(bound))
  const [a, b] = [countsAt(one, boundaries), countsAt(other, boundaries)]
  const counts = a.map((count, i) => count + (b[i] ?? 0))
  return { ...addTotals(one, other), buckets: { boundaries, counts } }
}

function countsAt({ buckets }: Histogram, boundaries: number[]): number[] {
  let i = 0
  return [...boundaries, Number.POSITIVE_INFINITY].map((bound) => {
    let total = 0
    while (i < buckets.counts.length && (buckets.boundaries[i] ?? Number.POSITIVE_INFINITY) <= bound)
      total += buckets.counts[i++] ?? 0
    return total
  })
}

export function addExponential(one: ExponentialHistogram, other: ExponentialHistogram): ExponentialHistogram {
  const scale = commonScale(one, other)
  const [a, b] = [reduceScale(one, scale), reduceScale(other, scale)]
  return {
    ...addTotals(one, other),
    scale,
    zeroCount: one.zeroCount + other.zeroCount,
    positive: addBuckets(a.positive, b.positive),
    negative: addBuckets(a.negative, b.negative),
  }
}

type Totals = Pick<Histogram, 'count' | 'sum' | 'min' | 'max'>

function addTotals(one: Totals, other: Totals): Totals {
  return {
    count: one.count + other.count,
    sum: combine(one.sum, other.sum, (a, b) => a + b),
    min: combine(one.min, other.min, Math.min),
    max: combine(one.max, other.max, Math.max),
  }
}

/** A value is undefined if it is not recorded. */
function combine(a: number | undefined, b: number | undefined, how: (a: number, b: number) => number) {
  return a === undefined || b === undefined ? undefined : how(a, b)
}
