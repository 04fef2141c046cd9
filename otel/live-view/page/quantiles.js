// Quantiles of what a histogram recorded.
import { numberOf } from './exposition.js'

/** @import { Quantiles, Sample } from './types.ts' */

/** What the view shows of each histogram. */
export const RANKS = [0.5, 0.95, 0.99]

/**
 * Estimates quantiles from the growth of buckets as Prometheus's `histogram_quantile` does: evenly spread within a
 * bucket, and the highest bound for what is beyond it. Undefined when nothing was recorded.
 * @param {number[]} ranks from 0 to 1
 * @param {Sample[]} buckets of any number of series
 * @returns {Quantiles} in the histogram's unit
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantiles(ranks, buckets) {
  /** @type {Map<number, number>} */
  const counts = new Map()
  for (const { labels, value } of buckets) {
    const bound = numberOf(labels.le ?? '')
    counts.set(bound, (counts.get(bound) ?? 0) + value)
  }
  const sorted = [...counts].sort(([a], [b]) => a - b)
  return ranks.map((rank) => quantile(rank, sorted))
}

/**
 * @param {number} rank
 * @param {[bound: number, count: number][]} buckets by rising bound; each count has those before in it
 */
function quantile(rank, buckets) {
  const [last, count = 0] = buckets.at(-1) ?? []
  if (last !== Number.POSITIVE_INFINITY || count === 0) return undefined
  const wanted = rank * count
  const index = buckets.findIndex(([, upTo]) => upTo >= wanted)
  const [bound, upTo] = buckets[index] ?? [last, count]
  const [start, before] = buckets[index - 1] ?? [Math.min(bound, 0), 0]
  if (bound === Number.POSITIVE_INFINITY) return index > 0 ? start : undefined
  return upTo === before ? bound : start + ((bound - start) * (wanted - before)) / (upTo - before)
}
