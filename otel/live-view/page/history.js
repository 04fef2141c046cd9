// Keeps the last minutes of scrapes, as points of the charts.
import { COUNTERS, GAUGES } from './exposition.js'
import { durationsOf } from './statistics.js'

/** @import { Counter, Gauge, Increase, Point, Rates, Sample, Scrape } from './types.ts' */

/** How far back the charts reach. */
const CHART_MS = 300_000
/** The time that the rates and quantiles of a point cover. */
export const POINT_MS = 10_000
/** The time that a row of the table covers. */
const ROW_MS = 60_000
/** A larger difference between the two clocks means that the clock was set or the machine slept. */
const CLOCK_TOLERANCE_MS = 1_000

/**
 * Leaves a gap in the charts between scrapes that are more than `maxGapMs` apart.
 * @param {{ maxGapMs: number }} options
 */
export function createHistory({ maxGapMs }) {
  /** @type {Point[]} */
  let points = []
  /** @type {{ endMs: number, increase: Increase }[]} */
  let increases = []
  /** @type {Scrape | undefined} */
  let last

  /** @param {Point} point */
  function append(point) {
    const oldest = point.time - CHART_MS / 1000
    points = [...points.filter(({ time }) => time >= oldest && time < point.time), point]
  }

  /**
   * Leaves a gap. The next scrape is not compared with the one before the gap, because the whole increase since then
   * would appear as a spike.
   * @param {number} wallMs
   */
  function interrupt(wallMs) {
    last = undefined
    append({ time: wallMs / 1000 })
  }

  return {
    /** Oldest first. */
    points: () => points,

    /** @returns {Point} */
    newest: () => points.at(-1) ?? { time: 0 },

    /** The known increase in the minute before the last scrape. */
    lastMinute: () => sumOf(increases.map(({ increase }) => increase)),

    /** @param {Scrape} scrape */
    add(scrape) {
      if (last && !isContinuation(last, scrape, maxGapMs)) interrupt(last.wallMs + 1)
      const increase = last && increaseBetween(last, scrape)
      last = scrape
      increases = increases.filter(({ endMs }) => endMs > scrape.atMs - ROW_MS)
      if (increase) increases.push({ endMs: scrape.atMs, increase })
      const recent = increases.filter(({ endMs }) => endMs > scrape.atMs - POINT_MS)
      const window = increase && sumOf(recent.map(({ increase }) => increase))
      append({
        time: scrape.wallMs / 1000,
        // The rest of a scrape is large, and no chart needs it again.
        gauges: byName(GAUGES, (gauge) => scrape.samples[gauge]),
        rates: window && withoutBuckets(window),
        durations: window && durationsOf(window),
      })
    },

    interrupt,
  }
}

/**
 * @param {Scrape} before
 * @param {Scrape} after
 * @param {number} maxGapMs
 */
function isContinuation(before, after, maxGapMs) {
  const passedMs = after.atMs - before.atMs
  const clockMs = after.wallMs - before.wallMs
  return passedMs > 0 && passedMs < maxGapMs && Math.abs(clockMs - passedMs) < CLOCK_TOLERANCE_MS
}

/**
 * The increase of each series between two scrapes, for the processes that are in both. A new series started at 0. A
 * process whose counters decreased has restarted; like a new process, it counts from the next scrape on, because it is
 * unknown when its increase happened. Undefined if no process is left.
 * @param {Scrape} before
 * @param {Scrape} after
 * @returns {Increase | undefined}
 */
export function increaseBetween(before, after) {
  const running = new Set([...after.processes].filter((process) => before.processes.has(process)))
  const differences = byName(COUNTERS, (name) => differencesOf(before.samples[name], after.samples[name]))
  for (const { process, value } of Object.values(differences).flat()) if (value < 0) running.delete(process)
  if (running.size === 0) return undefined
  const seconds = (after.atMs - before.atMs) / 1000
  return { seconds, samples: byName(COUNTERS, (name) => increasedOf(differences[name], running)) }
}

/**
 * @param {Increase[]} increases
 * @returns {Increase | undefined}
 */
function sumOf(increases) {
  if (increases.length === 0) return undefined
  const seconds = increases.reduce((sum, increase) => sum + increase.seconds, 0)
  return { seconds, samples: byName(COUNTERS, (name) => increases.flatMap(({ samples }) => samples[name])) }
}

/**
 * @param {Sample[]} before
 * @param {Sample[]} after
 * @returns {Sample[]}
 */
function differencesOf(before, after) {
  const values = new Map(before.map((sample) => [bucketOf(sample), sample.value]))
  return after.map((sample) => ({ ...sample, value: sample.value - (values.get(bucketOf(sample)) ?? 0) }))
}

/**
 * Keeps the series that increased. A histogram keeps its empty buckets too: a quantile needs their bounds.
 * @param {Sample[]} differences
 * @param {Set<string>} processes
 */
function increasedOf(differences, processes) {
  const increased = new Set(differences.filter(({ value }) => value > 0).map(seriesOf))
  return differences.filter((sample) => increased.has(seriesOf(sample)) && processes.has(sample.process))
}

/** @param {Sample} sample */
const seriesOf = ({ process, series }) => `${process} ${series}`

/** @param {Sample} sample */
const bucketOf = (sample) => `${sample.labels.le ?? ''} ${seriesOf(sample)}`

/**
 * @template {Counter | Gauge} Name
 * @param {Record<Name, string>} names
 * @param {(name: Name) => Sample[]} samplesOf
 */
function byName(names, samplesOf) {
  const entries = /** @type {Name[]} */ (Object.keys(names)).map((name) => [name, samplesOf(name)])
  return /** @type {Record<Name, Sample[]>} */ (Object.fromEntries(entries))
}

/**
 * @param {Increase} increase
 * @returns {Rates}
 */
function withoutBuckets({ seconds, samples: { requestBuckets: _, statementBuckets: __, ...samples } }) {
  return { seconds, samples }
}
