// What clients were answered, against the proxy's log and what should have been; and how the processes ended.
import type { Evidence } from '../evidence.ts'
import { type Tally, tally } from '../tally.ts'
import { workOfPage, workOfPush } from '../work.ts'
import { type Check, check, nothing } from './check.ts'

export function checkAnswers({ log, client, page, pushes, exitCodes }: Evidence): Check[] {
  const key = ({ method, path, status }: { method: string; path: string; status: number }) =>
    `${method} ${path} ${status}`
  const failed = (code: number | null) => (code === 0 ? undefined : `exit code ${code}`)
  return [
    check('answers to clients', tally(client.answered, key), 'the proxy’s log', tally(log, key)),
    check('answers with a wrong status', tally(client.unexpected, String), 'none', nothing),
    checkPage(workOfPage(page), workOfPush(pushes.at(-1))),
    check('exits other than in order', tally(exitCodes, failed), 'none', nothing),
  ]
}

/** Of samples that are seconds, bytes and whatever, the sum would say nothing. */
function checkPage(pulled: Tally, pushed: Tally): Check {
  const name = 'samples of the pull endpoint'
  return { ...check(name, pulled, 'the last push', pushed), counted: pulled.size, found: pushed.size }
}
