import { median, quantile } from '../../harness/command-line/statistics.ts'
import { table } from '../../harness/command-line/table.ts'
import type { Measurement } from '../load/measure.ts'

/** By kind of request, by variant: one measurement per round. */
export type Measurements = Map<string, Map<string, Measurement[]>>

export type Figures = {
  request: string
  variant: string
  /** The median of the rounds, and the quartiles. */
  cpuUs: number
  quartilesUs: [number, number]
  /** The median of the ratios to the first variant in the same round. */
  ratio: number
  perSecond: number
  p50Ms: number
  p99Ms: number
}

export function figuresOf(measurements: Measurements): Figures[] {
  return [...measurements].flatMap(([request, variants]) => {
    const [baseline = []] = variants.values()
    return [...variants].map(([variant, rounds]) => {
      const times = rounds.map(({ cpuUs }) => cpuUs)
      const durations = rounds.flatMap(({ durationsMs }) => durationsMs)
      return {
        request,
        variant,
        cpuUs: median(times),
        quartilesUs: [quantile(times, 0.25), quantile(times, 0.75)],
        ratio: median(times.map((time, round) => time / (baseline[round]?.cpuUs ?? Number.NaN))),
        perSecond: median(rounds.map(({ perSecond }) => perSecond)),
        p50Ms: median(durations),
        p99Ms: quantile(durations, 0.99),
      }
    })
  })
}

export function figuresTable(figures: Figures[], baseline: string): string {
  const head = [
    'CPU per request',
    'median, µs',
    'quartiles',
    `ratio to ${baseline}`,
    'requests/s',
    'p50, ms',
    'p99, ms',
  ]
  const rows = figures.map((figure) => [
    `${figure.request}: ${figure.variant}`,
    figure.cpuUs.toFixed(0),
    figure.quartilesUs.map((us) => us.toFixed(0)).join('–'),
    figure.ratio.toFixed(2),
    figure.perSecond.toFixed(0),
    figure.p50Ms.toFixed(1),
    figure.p99Ms.toFixed(1),
  ])
  return table(head, rows)
}

/** The median CPU time of a scrape of each variant that is scraped. */
export function scrapesOf(measurements: Measurements): { variant: string; ms: number }[] {
  const all = [...measurements.values()].flatMap((variants) => [...variants])
  return Array.from(
    Map.groupBy(all, ([variant]) => variant),
    ([variant, rounds]) => {
      const times = rounds.flatMap(([, measured]) => measured.flatMap(({ scrapeUs }) => scrapeUs ?? []))
      return { variant, ms: median(times) / 1000 }
    },
  ).filter(({ ms }) => !Number.isNaN(ms))
}
