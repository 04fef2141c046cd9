import { table } from '../../harness/command-line/table.ts'
import type { Measurement } from './round.ts'
import type { Measurements } from './rounds.ts'

/** A table of the CPU of each kind of request in each variant, and its ratio to the mean of the first two. */
export function costs(variants: string[], measurements: Measurements): string {
  const head = ['CPU a request', 'median, µs', 'quartiles', 'against off', 'quartiles', 'requests/s']
  const rows = [...measurements].flatMap(([kind, rounds]) =>
    variants.map((name, index) => [`${kind}: ${name}`, ...row(rounds, index)]),
  )
  return table(head, rows)
}

/** The median CPU of the load generator for a request, in microseconds. */
export function generatorUs(measurements: Measurements): string {
  const all = [...measurements.values()].flat(2).map((measured) => measured.generatorUs)
  return median(all).toFixed(0)
}

function row(rounds: Measurement[][], index: number): string[] {
  const of = (round: Measurement[], at: number) => round[at]?.cpuUs ?? Number.NaN
  const cpu = rounds.map((round) => of(round, index))
  // Of the same round: what else the machine did then is in both.
  const ratios = rounds.map((round) => of(round, index) / ((of(round, 0) + of(round, 1)) / 2))
  const perSecond = rounds.map((round) => round[index]?.perSecond ?? Number.NaN)
  return [
    median(cpu).toFixed(0),
    quartiles(cpu, 0),
    median(ratios).toFixed(3),
    quartiles(ratios, 3),
    median(perSecond).toFixed(0),
  ]
}

const median = (numbers: number[]) => quantile(numbers, 0.5)

function quartiles(numbers: number[], digits: number): string {
  return `${quantile(numbers, 0.25).toFixed(digits)}–${quantile(numbers, 0.75).toFixed(digits)}`
}

function quantile(numbers: number[], share: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length * share)] ?? Number.NaN
}
