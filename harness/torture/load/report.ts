// The tables of the overload trial.
import { quantile } from '../../command-line/statistics.ts'
import { table } from '../../command-line/table.ts'
import type { Answer } from './jobs.ts'

/** What was sent at one rate. `cores` is the CPU time of each program per second. */
export type Step = { name: string; answers: Answer[]; seconds: number; cores: Cores }
export type Cores = { service: number; sender: number; postgresql: number }
export type Measured = {
  capacity: Step
  /** 0.8, 1, 2 and 3 times the capacity, and 0.8 times immediately after that. */
  steps: readonly [Step, Step, Step, Step, Step]
  logins: Step
  reads: Step
}

export const withStatus = ({ answers }: Step, ...statuses: number[]) =>
  answers.filter(({ status }) => statuses.includes(status))

export function stepsTable({ capacity, steps, logins, reads }: Measured): string {
  const head = [
    'Offered',
    '/s',
    'answered/s',
    'p50 ms',
    'p99 ms',
    'rejected',
    'their p99 ms',
    'sender late, p99 ms',
  ]
  return table(head, [capacity, ...steps, logins, reads].map(describe))
}

/** Where the CPU time goes. The cost of a rejection is what the service used beyond the admitted requests. */
export function coresTable({ capacity, steps }: Measured): string {
  const admittedUs = costUs(capacity)
  const rows = [capacity, ...steps].map((step) => {
    const { name, seconds, cores } = step
    const rejected = withStatus(step, 503).length
    const restUs = 1e6 * seconds * cores.service - (step.answers.length - rejected) * admittedUs
    const isOverload = rejected > step.answers.length / 5
    const { service, sender, postgresql } = cores
    return [
      name,
      ...[service, sender, postgresql].map((number) => number.toFixed(2)),
      isOverload ? (restUs / rejected).toFixed(0) : '',
    ]
  })
  rows[0]?.splice(4, 1, `${admittedUs.toFixed(0)} per request`)
  return table(['CPU, in cores', 'service', 'sender', 'PostgreSQL', 'µs of the service per rejection'], rows)
}

/** The goals of docs/reliability.md next to what was seen. They are shown, not demanded: machines differ. */
export function goalsTable({ capacity, steps, logins, reads }: Measured): string {
  const [usual, , , most, after] = steps
  const goodput = (step: Step) => withStatus(step, 200).length / step.seconds
  const rejections = steps.flatMap((step) => withStatus(step, 503))
  const lastRejection = Math.max(0, ...withStatus(after, 503).map(({ dueMs }) => dueMs))
  const ratio = p99(withStatus(most, 200)) / p99(withStatus(usual, 200))
  const longestLogin = Math.max(0, ...logins.answers.map(({ ms }) => ms))
  return table(
    ['Goal', 'Seen'],
    [
      ['3 ×: answered, at least 90 % of the capacity', percent(goodput(most) / goodput(capacity))],
      ['3 ×: p99, at most twice that at 0.8 ×', `${ratio.toFixed(1)} ×`],
      ['a rejection takes at most 100 ms (p99)', milliseconds(p99(rejections))],
      ['after 3 ×, the last rejection within 5 s', milliseconds(lastRejection)],
      ['logins: p99 of other requests below 100 ms', milliseconds(p99(reads.answers))],
      ['logins: none takes longer than 2 s', milliseconds(longestLogin)],
    ],
  )
}

const costUs = ({ cores, seconds, answers }: Step) => (1e6 * cores.service * seconds) / answers.length
const p99 = (answers: Answer[]) => quantileOf(answers, 0.99)
const quantileOf = (answers: Answer[], share: number) =>
  quantile(
    answers.map(({ ms }) => ms),
    share,
  )
const percent = (share: number) => `${(100 * share).toFixed(0)} %`
const milliseconds = (ms: number) => (Number.isNaN(ms) ? 'none' : `${ms.toFixed(0)} ms`)

function describe(step: Step): (string | number)[] {
  const { name, answers, seconds } = step
  const rejected = withStatus(step, 503)
  const admitted = answers.filter(({ status }) => status !== 503)
  const round = (ms: number) => (Number.isNaN(ms) ? '' : ms.toFixed(0))
  const late = answers.map(({ lateMs }) => lateMs)
  return [
    name,
    (answers.length / seconds).toFixed(0),
    (admitted.length / seconds).toFixed(0),
    round(quantileOf(admitted, 0.5)),
    round(p99(admitted)),
    percent(rejected.length / answers.length),
    round(p99(rejected)),
    round(quantile(late, 0.99)),
  ]
}
