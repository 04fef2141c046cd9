// Types that several modules of the live view share.
import type uPlot from 'uplot'
import type { COUNTERS, FAMILIES, GAUGES } from './exposition.js'

export type Family = keyof typeof FAMILIES
export type Counter = keyof typeof COUNTERS
export type Gauge = keyof typeof GAUGES

/** A series has the same object in every scrape, so that results can be cached by it. */
export type Labels = Record<string, string>

/**
 * `series` identifies the series within its process. It is the same in all scrapes, also when a second process starts and
 * the label `service_instance_id` appears. All buckets of a histogram share it.
 */
export type Sample = { series: string; process: string; labels: Labels; value: number }

/** `atMs` comes from a monotonic clock, `wallMs` is milliseconds since the epoch. */
export type Scrape = {
  atMs: number
  wallMs: number
  processes: Set<string>
  samples: Record<Family, Sample[]>
}

/** What counters gained within `seconds`: the value of each sample is a difference. Series without an increase are left out. */
export type Increase<Of extends Counter = Counter> = { seconds: number; samples: Record<Of, Sample[]> }

/** An increase without the many buckets, small enough to keep for every point. */
export type Rates = Increase<Exclude<Counter, 'requestBuckets' | 'statementBuckets'>>

/** p50, p95 and p99 in seconds; undefined if nothing was recorded. */
export type Quantiles = (number | undefined)[]

/** `requests` is by endpoint; the key '' stands for all endpoints together. */
export type Durations = { requests: Map<string, Quantiles>; statements: Quantiles }

/**
 * A point on the time axis; `time` is in seconds since the epoch. It has no `gauges` if the scrape failed or was not made,
 * and no `rates` and `durations` without an earlier scrape to compare with.
 */
export type Point = {
  time: number
  gauges?: Record<Gauge, Sample[]>
  rates?: Rates
  durations?: Durations
}

/** A line of a chart, with a value for each point; null leaves a gap. */
export type Line = { label: string; color: Color; values: (number | null)[]; dashed?: boolean }

/** The name of a custom property of the style sheet, without its dashes. */
export type Color = 'blue' | 'teal' | 'violet' | 'amber' | 'pink' | 'red' | 'grey'

declare global {
  interface Window {
    /** Set by `/live/uplot.js`, which is a classic script. */
    uPlot: typeof uPlot
  }
}
