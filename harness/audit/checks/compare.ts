// Compares what the service counted with the proxy's log, the rows of the database and the responses to clients.
import type { Evidence } from '../evidence.ts'
import { type Counts, createCounts, requestSamplesOf, requestSamplesOfPushes } from './counts.ts'
import { checkEvents } from './events.ts'
import { checkRequests } from './requests.ts'
import { type Check, check, nothing, only, type Tally, tally, total } from './tally.ts'

/** Returns every comparison; a correct service causes no differences. */
export function compare(evidence: Evidence): Check[] {
  const counts = createCounts(evidence.pushes)
  return [
    ...checkRequests(counts, evidence),
    ...checkEvents(counts, evidence),
    ...checkRows(counts, evidence),
    ...checkResponses(counts, evidence),
  ]
}

/** Compares the rows with the responses to clients, and with what the service counted. */
export function checkRows({ all }: Counts, { rows, ledger }: Pick<Evidence, 'rows' | 'ledger'>): Check[] {
  const against = 'rows of the database'
  const existing = (name: string) => {
    const created = name === 'user' ? 'registered' : 'created'
    return only(total(all(`microposts.${name}.${created}`)) - total(all(`microposts.${name}.deleted`)))
  }
  const expected = ledger.remaining()
  const known = rows.posts.filter(({ author }) => ledger.knowsPostsOf(author)).map(({ id }) => id)
  const byName = (names: string[]) => tally(names, (name) => name)
  return [
    check('users, registered − deleted', existing('user'), against, only(rows.users.length)),
    check('posts, created − deleted', existing('post'), against, only(rows.posts.length)),
    check('follows, created − deleted', existing('follow'), against, only(rows.follows.length)),
    check('users in responses', byName(expected.users), against, byName(rows.users)),
    check('posts in responses', byName(expected.posts), against, byName(known)),
    check('follows in responses', byName(expected.follows), against, byName(rows.follows)),
    check('users with wrong stored counts', byName(rows.miscounted), 'none', nothing),
  ]
}

function checkResponses({ all }: Counts, { log, client, scraped, pushes, exitCodes }: Evidence): Check[] {
  const key = ({ method, path, status }: { method: string; path: string; status: number }) =>
    `${method} ${path} ${status}`
  const failed = (code: number | null) => (code === 0 ? undefined : `exit code ${code}`)
  return [
    check('responses to clients', tally(client.responses, key), 'the proxy’s log', tally(log, key)),
    check('responses with an unexpected status', tally(client.unexpected, String), 'none', nothing),
    checkSamples(requestSamplesOf(scraped), requestSamplesOfPushes(pushes, scraped)),
    check('workers restarted', all('microposts.worker.restarted'), 'none', nothing),
    check('exit codes other than 0', tally(exitCodes, failed), 'none', nothing),
  ]
}

/** Compares values, but shows the number of samples: a sum of seconds and bytes has no meaning. */
function checkSamples(scraped: Tally, pushed: Tally): Check {
  const compared = check('samples of the last scrape', scraped, 'the last push', pushed)
  return { ...compared, counted: scraped.size, found: pushed.size }
}
