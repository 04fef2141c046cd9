import { median, quantile } from '../../harness/command-line/statistics.ts'
import { table } from '../../harness/command-line/table.ts'
import type { Measurement } from '../load/measure.ts'
import type { Measurements } from './measure.ts'

/** A table of the CPU time of each kind of request in each variant, and its ratio to the mean of the first two variants. */
export function costs(variants: string[], measurements: Measurements): string {
  const head = ['CPU per request', 'median, µs', 'quartiles', 'ratio to off', 'quartiles', 'requests/s']
  const rows = [...measurements].flatMap(([kind, rounds]) =>
    variants.map((name, index) => [`${kind}: ${name}`, ...row(rounds, index)]),
  )
  return table(head, rows)
}

/** A table of the CPU time of a scrape of each variant that is scraped. */
export function scrapeCosts(variants: string[], measurements: Measurements): string {
  const rounds = [...measurements.values()].flat()
  const rows = variants.flatMap((name, index) => {
    const times = rounds.flatMap((round) => round[index]?.scrapeUs ?? [])
    return times.length === 0 ? [] : [[name, (median(times) / 1000).toFixed(1), quartiles(times, 0)]]
  })
  return table(['CPU per scrape', 'median, ms', 'quartiles, µs'], rows)
}

/** The median CPU time of the load generator per request, in microseconds. */
export function generatorUs(measurements: Measurements): string {
  const all = [...measurements.values()].flat(2).map((measured) => measured.generatorUs)
  return median(all).toFixed(0)
}

function row(rounds: Measurement[][], index: number): string[] {
  const cpuUs = (round: Measurement[], at: number) => round[at]?.cpuUs ?? Number.NaN
  const times = rounds.map((round) => cpuUs(round, index))
  // Within one round, other load on the machine affects all variants alike.
  const ratios = rounds.map((round) => cpuUs(round, index) / ((cpuUs(round, 0) + cpuUs(round, 1)) / 2))
  const perSecond = rounds.map((round) => round[index]?.perSecond ?? Number.NaN)
  return [
    median(times).toFixed(0),
    quartiles(times, 0),
    median(ratios).toFixed(3),
    quartiles(ratios, 3),
    median(perSecond).toFixed(0),
  ]
}

function quartiles(numbers: number[], digits: number): string {
  return `${quantile(numbers, 0.25).toFixed(digits)}–${quantile(numbers, 0.75).toFixed(digits)}`
}
