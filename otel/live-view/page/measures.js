// What the view asks of growth and gauges. Undefined where there is nothing to say.

/** @import { Labels, Rates, Sample } from './types.ts' */
/** @typedef {(labels: Labels) => boolean} Fits */

/** @type {Fits} */
const any = () => true

/**
 * The sum of the samples whose labels fit.
 * @param {Sample[]} samples
 * @param {Fits} [fits]
 */
export function total(samples, fits = any) {
  return samples.reduce((sum, { labels, value }) => (fits(labels) ? sum + value : sum), 0)
}

/**
 * A gauge over all processes: its sum, unless `combine` is another way; undefined when the page does not have it.
 * @param {Sample[] | undefined} samples
 * @param {(...values: number[]) => number} [combine]
 */
export function gauge(samples, combine = (...values) => values.reduce((sum, value) => sum + value)) {
  return samples?.length ? combine(...samples.map(({ value }) => value)) : undefined
}

/**
 * @param {Rates | undefined} rates
 * @param {keyof Rates['samples']} counter
 * @param {Fits} [fits]
 */
export function perSecond(rates, counter, fits) {
  return rates && total(rates.samples[counter], fits) / rates.seconds
}

/**
 * Which part of those that are `among` fits too.
 * @param {Rates | undefined} rates
 * @param {keyof Rates['samples']} counter
 * @param {Fits} fits
 * @param {Fits} [among]
 */
export function share(rates, counter, fits, among = any) {
  const samples = rates?.samples[counter].filter(({ labels }) => among(labels)) ?? []
  return samples.length > 0 ? total(samples, fits) / total(samples) : undefined
}

/**
 * How busy the busiest process's event loop was, 0 to 1.
 * @param {Rates | undefined} rates
 */
export function utilization(rates) {
  const processes = Map.groupBy(rates?.samples.loopTime ?? [], ({ process }) => process)
  if (processes.size === 0) return undefined
  const isActive = (/** @type {Labels} */ { nodejs_eventloop_state }) => nodejs_eventloop_state === 'active'
  return Math.max(...Array.from(processes.values(), (samples) => total(samples, isActive) / total(samples)))
}
