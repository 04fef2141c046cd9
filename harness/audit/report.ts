// The outcome of an audit, for people.
import { table } from '../command-line/table.ts'
import type { Check } from './checks/check.ts'
import type { Evidence } from './evidence.ts'

/** Of each check, at most so many differences are shown. */
const mostShown = 20

const head = ['Counted by the service', 'against', 'counted', 'found', 'difference']

/** One line for each check, and below them where it differs. */
export function report(checks: Check[]): string {
  const rows = checks.map(({ what, against, counted, found, differences }) => [
    what,
    against,
    number(counted),
    number(found),
    number(sizeOf(differences)),
  ])
  const details = checks.flatMap(({ what, differences }) => [
    ...differences
      .slice(0, mostShown)
      .map(({ key, counted, found }) => `${what}: ${key}: counted ${counted}, found ${found}`),
    ...(differences.length > mostShown ? [`${what}: ${differences.length - mostShown} more`] : []),
  ])
  return [table(head, rows), '', ...details].join('\n')
}

/** What happened, in two sentences. */
export function summary({ log, pushes }: Evidence): string {
  const unanswered = log.filter(({ answer }) => !answer)
  const cutOff = unanswered.filter((entry) => entry.cutOff).length
  return (
    `${number(log.length - unanswered.length)} requests were answered by ${pushes.length} processes, one after the other. ` +
    `${number(unanswered.length)} more came while there was none; ${cutOff} of them were cut off by the stop.`
  )
}

const sizeOf = (differences: Check['differences']) =>
  differences.reduce((sum, { counted, found }) => sum + Math.abs(counted - found), 0)

const number = (value: number) => value.toLocaleString('en', { maximumFractionDigits: 3 })
