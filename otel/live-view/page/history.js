// The last minutes, as far as they are drawn.
import { durationsOf } from './durations.js'
import { GAUGES } from './families.js'
import { growthBetween, joined } from './growth.js'

/** @import { Gauge, Growth, Moment, Rates, Sample, Scrape } from './types.ts' */

/** How far charts reach back. */
export const KEPT_MS = 300_000
/** What a point of a chart, and a figure at the top, is about: the time up to then. */
export const POINT_MS = 10_000
/** What a row of the table is about. */
export const ROW_MS = 60_000

/** Beyond this, a clock has been set, or the machine has slept. */
const CLOCK_TOLERANCE_MS = 1_000

/**
 * Makes the view's memory. Scrapes that are further apart than `longestMs` have a gap between them: nobody looked.
 * @param {{ longestMs: number }} options
 */
export function createHistory({ longestMs }) {
  /** @type {Moment[]} */
  let moments = []
  /** @type {{ endMs: number, growth: Growth }[]} */
  let growths = []
  /** @type {Scrape | undefined} */
  let last

  /** @param {Moment} moment */
  function remember(moment) {
    const oldest = moment.time - KEPT_MS / 1000
    moments = [...moments.filter(({ time }) => time >= oldest && time < moment.time), moment]
  }

  /**
   * Leaves a gap. The next scrape is compared with none: what was gained meanwhile would seem to be gained at once.
   * @param {number} wallMs
   */
  function interrupt(wallMs) {
    last = undefined
    remember({ time: wallMs / 1000 })
  }

  return {
    /** What to draw, oldest first. */
    moments: () => moments,

    /** @returns {Moment} */
    newest: () => moments.at(-1) ?? { time: 0 },

    /** What was gained in the minute before the last scrape, as far as it is known; undefined when nothing is. */
    lastMinute: () => joined(growths.map(({ growth }) => growth)),

    /** @param {Scrape} scrape */
    add(scrape) {
      if (last && !isContinuation(last, scrape, longestMs)) interrupt(last.wallMs + 1)
      const growth = last && growthBetween(last, scrape)
      last = scrape
      growths = growths.filter(({ endMs }) => endMs > scrape.atMs - ROW_MS)
      if (growth) growths.push({ endMs: scrape.atMs, growth })
      const near = growths.filter(({ endMs }) => endMs > scrape.atMs - POINT_MS)
      const window = growth && joined(near.map(({ growth }) => growth))
      remember({
        time: scrape.wallMs / 1000,
        gauges: gaugesOf(scrape),
        rates: window && ratesOf(window),
        durations: window && durationsOf(window),
      })
    },

    interrupt,
  }
}

/**
 * @param {Scrape} before
 * @param {Scrape} after
 * @param {number} longestMs
 */
function isContinuation(before, after, longestMs) {
  const passedMs = after.atMs - before.atMs
  const clockMs = after.wallMs - before.wallMs
  return passedMs > 0 && passedMs < longestMs && Math.abs(clockMs - passedMs) < CLOCK_TOLERANCE_MS
}

/**
 * The rest of a scrape is large, and not drawn again.
 * @param {Scrape} scrape
 */
function gaugesOf({ samples }) {
  const gauges = /** @type {Gauge[]} */ (Object.keys(GAUGES))
  return /** @type {Record<Gauge, Sample[]>} */ (
    Object.fromEntries(gauges.map((name) => [name, samples[name]]))
  )
}

/**
 * @param {Growth} growth
 * @returns {Rates}
 */
function ratesOf({ seconds, samples: { requestBuckets: _, statementBuckets: __, ...samples } }) {
  return { seconds, samples }
}
