// The shapes that the view's modules hand each other.
import type uPlot from 'uplot'
import type { COUNTERS, FAMILIES, GAUGES } from './families.js'

export type Family = keyof typeof FAMILIES
export type Counter = keyof typeof COUNTERS
export type Gauge = keyof typeof GAUGES
export type Buckets = 'requestBuckets' | 'statementBuckets'

/** One object for a series, for as long as the page is open. */
export type Labels = Record<string, string>

/**
 * A line of a page. `process` is whose it is, `series` which of that process's: the same on every page, also when a page
 * begins to name the process in the labels, and for all buckets of a histogram.
 */
export type Sample = { series: string; process: string; labels: Labels; value: number }

/** What was read from one page: when (`atMs` never jumps, `wallMs` is the time of day), and from which processes. */
export type Scrape = {
  atMs: number
  wallMs: number
  processes: Set<string>
  samples: Record<Family, Sample[]>
}

/** What counters gained in so many seconds: each sample's value is a difference. Series that gained nothing are not here. */
export type Growth<Of extends Counter = Counter> = { seconds: number; samples: Record<Of, Sample[]> }

/** The same without buckets, of which there are far more: what can be kept. */
export type Rates = Growth<Exclude<Counter, Buckets>>

/** p50, p95 and p99, in seconds; undefined when nothing was recorded. */
export type Quantiles = (number | undefined)[]

/** Those of requests by endpoint, and under '' of all together. */
export type Durations = { requests: Map<string, Quantiles>; statements: Quantiles }

/**
 * What is drawn at one place of the time axis, `time` in seconds since the epoch. Without `gauges` a scrape failed or was
 * not made; without `rates` and `durations` nothing can be said of them.
 */
export type Moment = {
  time: number
  gauges?: Record<Gauge, Sample[]>
  rates?: Rates
  durations?: Durations
}

/** A chart's line, with a value for each moment: null leaves a gap. */
export type Line = { label: string; color: Color; values: (number | null)[]; dashed?: boolean }

/** A custom property of the style sheet, without its dashes. */
export type Color = 'blue' | 'teal' | 'violet' | 'amber' | 'pink' | 'green' | 'red' | 'grey'

declare global {
  interface Window {
    /** From `/live/uplot.js`, which is no module. */
    uPlot: typeof uPlot
  }
}
