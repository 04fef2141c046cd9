// What counters gained between scrapes.
import { COUNTERS } from './families.js'

/** @import { Counter, Growth, Sample, Scrape } from './types.ts' */

/**
 * What each series gained from one scrape to the next, of the processes that are on both. A series that is new began at
 * 0. A process with a counter that went down has begun anew, like one that is new: nothing is known of when it counted
 * what it has, and so it counts from the next scrape on. Undefined when that leaves no process.
 * @param {Scrape} before
 * @param {Scrape} after
 * @returns {Growth | undefined}
 */
export function growthBetween(before, after) {
  const going = new Set([...after.processes].filter((process) => before.processes.has(process)))
  const gains = byCounter((counter) => gainsBetween(before.samples[counter], after.samples[counter]))
  for (const { process, value } of Object.values(gains).flat()) if (value < 0) going.delete(process)
  if (going.size === 0) return undefined
  const seconds = (after.atMs - before.atMs) / 1000
  return { seconds, samples: byCounter((counter) => ofInterest(gains[counter], going)) }
}

/**
 * What was gained in all of these together; undefined for none.
 * @param {Growth[]} growths
 * @returns {Growth | undefined}
 */
export function joined(growths) {
  if (growths.length === 0) return undefined
  const seconds = growths.reduce((sum, growth) => sum + growth.seconds, 0)
  return { seconds, samples: byCounter((counter) => growths.flatMap(({ samples }) => samples[counter])) }
}

/**
 * @param {Sample[]} before
 * @param {Sample[]} after
 * @returns {Sample[]}
 */
function gainsBetween(before, after) {
  const values = new Map(before.map((sample) => [keyOf(sample), sample.value]))
  return after.map((sample) => ({ ...sample, value: sample.value - (values.get(keyOf(sample)) ?? 0) }))
}

/**
 * A histogram that gained anything stays with all its buckets: where the empty ones end is where the others begin.
 * @param {Sample[]} gains
 * @param {Set<string>} going
 */
function ofInterest(gains, going) {
  const moved = new Set(gains.filter(({ value }) => value > 0).map(seriesOf))
  return gains.filter((gain) => moved.has(seriesOf(gain)) && going.has(gain.process))
}

/** @param {Sample} sample */
const seriesOf = ({ process, series }) => `${process} ${series}`

/** @param {Sample} sample */
const keyOf = (sample) => `${sample.labels.le ?? ''} ${seriesOf(sample)}`

/** @param {(counter: Counter) => Sample[]} samplesOf */
function byCounter(samplesOf) {
  const counters = /** @type {Counter[]} */ (Object.keys(COUNTERS))
  const entries = counters.map((counter) => [counter, samplesOf(counter)])
  return /** @type {Record<Counter, Sample[]>} */ (Object.fromEntries(entries))
}
