// Sums, rates, shares and quantiles of samples. They are undefined where there is no data.
import { memoize, parseNumber } from './exposition.js'

/** @import { Durations, Increase, Labels, Quantiles, Rates, Sample } from './types.ts' */
/** @typedef {(labels: Labels) => boolean} Filter */

/** @type {Filter} */
const all = () => true

/**
 * @param {Sample[]} samples
 * @param {Filter} [filter]
 */
export function total(samples, filter = all) {
  return samples.reduce((sum, { labels, value }) => (filter(labels) ? sum + value : sum), 0)
}

/**
 * Combines the gauge of all processes, by default as a sum.
 * @param {Sample[] | undefined} samples
 * @param {(...values: number[]) => number} [combine]
 */
export function gauge(samples, combine = (...values) => values.reduce((sum, value) => sum + value)) {
  return samples?.length ? combine(...samples.map(({ value }) => value)) : undefined
}

/**
 * @param {Rates | undefined} rates
 * @param {keyof Rates['samples']} counter
 * @param {Filter} [filter]
 */
export function perSecond(rates, counter, filter) {
  return rates && total(rates.samples[counter], filter) / rates.seconds
}

/**
 * The share, from 0 to 1, that matches `filter` among everything that matches `base`.
 * @param {Rates | undefined} rates
 * @param {keyof Rates['samples']} counter
 * @param {Filter} filter
 * @param {Filter} [base]
 */
export function share(rates, counter, filter, base = all) {
  const samples = rates?.samples[counter].filter(({ labels }) => base(labels)) ?? []
  return samples.length > 0 ? total(samples, filter) / total(samples) : undefined
}

/**
 * The utilization, from 0 to 1, of the busiest event loop among the processes.
 * @param {Rates | undefined} rates
 */
export function utilization(rates) {
  const processes = Map.groupBy(rates?.samples.loopTime ?? [], ({ process }) => process)
  if (processes.size === 0) return undefined
  const isActive = (/** @type {Labels} */ { nodejs_eventloop_state }) => nodejs_eventloop_state === 'active'
  return Math.max(...Array.from(processes.values(), (samples) => total(samples, isActive) / total(samples)))
}

/** @param {Labels} labels */
export const routeOf = ({ http_route }) => http_route ?? '(no route)'

/** @param {Labels} labels */
export const methodOf = ({ http_request_method }) => http_request_method ?? ''

/** Method and route, such as `GET /livez`. */
export const endpointOf = memoize((labels) => `${methodOf(labels)} ${routeOf(labels)}`)

/**
 * 4 for a 404.
 * @param {Labels} labels
 */
export const statusClassOf = ({ http_response_status_code = '' }) => Number(http_response_status_code[0])

/**
 * A stream lasts as long as its client stays connected, so its duration is no latency. No metric says which routes are
 * streams; by convention their paths end in `/stream`.
 * @param {Labels} labels
 */
const isStream = ({ http_route = '' }) => http_route.endsWith('/stream')

/**
 * @param {Increase} increase
 * @returns {Durations}
 */
export function durationsOf({ samples }) {
  const buckets = samples.requestBuckets.filter(({ labels }) => !isStream(labels))
  const byEndpoint = Map.groupBy(buckets, ({ labels }) => endpointOf(labels))
  const requests = new Map(Array.from(byEndpoint, ([endpoint, own]) => [endpoint, quantiles(RANKS, own)]))
  requests.set('', quantiles(RANKS, buckets))
  return { requests, statements: quantiles(RANKS, samples.statementBuckets) }
}

const RANKS = [0.5, 0.95, 0.99]

/**
 * Estimates quantiles like Prometheus's `histogram_quantile`: values are spread evenly within a bucket, and values
 * beyond the highest finite bound count as that bound.
 * @param {number[]} ranks from 0 to 1
 * @param {Sample[]} buckets of one or more series, which are added up
 * @returns {Quantiles} in the unit of the histogram
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function quantiles(ranks, buckets) {
  /** @type {Map<number, number>} */
  const counts = new Map()
  for (const { labels, value } of buckets) {
    const bound = parseNumber(labels.le ?? '')
    counts.set(bound, (counts.get(bound) ?? 0) + value)
  }
  const sorted = [...counts].sort(([a], [b]) => a - b)
  return ranks.map((rank) => quantile(rank, sorted))
}

/**
 * @param {number} rank
 * @param {[bound: number, count: number][]} buckets by rising bound, with cumulative counts
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
