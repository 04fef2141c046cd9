// How long requests and statements took.
import { quantiles, RANKS } from './quantiles.js'
import { endpointOf, isStream } from './requests.js'

/** @import { Durations, Growth } from './types.ts' */

/**
 * @param {Growth} growth
 * @returns {Durations}
 */
export function durationsOf({ samples }) {
  const answered = samples.requestBuckets.filter(({ labels }) => !isStream(labels))
  const requests = new Map([['', quantiles(RANKS, answered)]])
  for (const [endpoint, buckets] of Map.groupBy(answered, ({ labels }) => endpointOf(labels))) {
    requests.set(endpoint, quantiles(RANKS, buckets))
  }
  return { requests, statements: quantiles(RANKS, samples.statementBuckets) }
}
