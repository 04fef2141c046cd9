// Lines of charts, from the moments that they are of.
import { perSecond } from './measures.js'

/** @import { Color, Durations, Labels, Line, Moment, Quantiles, Rates } from './types.ts' */

/** @type {readonly (readonly [string, Color])[]} */
const QUANTILES = [
  ['p50', 'teal'],
  ['p95', 'blue'],
  ['p99', 'violet'],
]

/**
 * @param {string} label
 * @param {Color} color
 * @param {Moment[]} moments
 * @param {(moment: Moment) => number | undefined} measure
 * @returns {Line}
 */
export function line(label, color, moments, measure) {
  return { label, color, values: moments.map((moment) => measure(moment) ?? null) }
}

/**
 * p50, p95 and p99, of each moment those that `pick` takes from it.
 * @param {Moment[]} moments
 * @param {(durations: Durations) => Quantiles | undefined} pick
 */
export function quantileLines(moments, pick) {
  return QUANTILES.map(([label, color], index) =>
    line(label, color, moments, ({ durations }) => durations && pick(durations)?.[index]),
  )
}

/**
 * @param {keyof Rates['samples']} counter
 * @param {(labels: Labels) => boolean} [fits]
 * @returns {(moment: Moment) => number | undefined}
 */
export function rateOf(counter, fits) {
  return ({ rates }) => perSecond(rates, counter, fits)
}
