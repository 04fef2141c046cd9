// What happened in requests, as counted, against the proxy's log and against what clients were told.
import type { Evidence } from '../evidence.ts'
import type { Answered } from '../log.ts'
import type { Readings } from '../readings.ts'
import { isTimeline } from '../routes.ts'
import { type Tally, tally } from '../tally.ts'
import { type Check, check, nothing, only } from './check.ts'
import { answeredOf, isMalformed } from './requests.ts'

const log = 'the proxy’s log'
const clients = 'answers to clients'

export function checkEvents(readings: Readings, { log: entries, ledger: { events } }: Evidence): Check[] {
  const answered = answeredOf(entries)
  const logins = answered.filter(({ method, path }) => method === 'POST' && path === '/api/login')
  const read = answered.filter((entry) => isTimeline(entry) && entry.answer.status === 200)
  const replays = answered.filter(({ answer }) => answer.replayed)
  const by = (name: string, attribute: string) => readings.by(name, (attributes) => attributes[attribute])
  const all = (name: string) => readings.by(name, () => 'all')
  const created = by('microposts.post.created', 'microposts.post.referenced')
  const told: Tally = new Map([
    ['true', events.referencing],
    ['false', events.plain],
  ])
  return [
    check(
      'logins by outcome',
      by('microposts.login', 'microposts.login.outcome'),
      log,
      tally(logins, outcomeOf),
    ),
    check(
      'refusals by reason',
      by('microposts.request.rejected', 'microposts.rejection.reason'),
      log,
      tally(answered, reasonOf),
    ),
    check('replays', all('microposts.idempotency.replayed'), log, only(replays.length)),
    check('pages of timelines', all('microposts.timeline.size count'), log, only(read.length)),
    check('posts on these pages', all('microposts.timeline.size sum'), clients, only(events.onTimelines)),
    check('posts created, by reference', created, clients, told),
    check('posts edited', all('microposts.post.edited'), clients, only(events.edited)),
    check('posts deleted', all('microposts.post.deleted'), clients, only(events.deleted)),
    check('users registered', all('microposts.user.registered'), clients, only(events.registered)),
    check('users deleted', all('microposts.user.deleted'), clients, only(events.left)),
    check('follows created', all('microposts.follow.created'), clients, only(events.followed)),
    check('exceptions', by('microposts.exception', 'http.route'), 'none', nothing),
    check('streams open', all('microposts.stream.clients'), 'none at the end', nothing),
  ]
}

const outcomes: Record<number, string> = { 200: 'success', 401: 'wrong_credentials', 429: 'limited' }

const outcomeOf = ({ answer }: Answered) => outcomes[answer.status]

const reasons: Record<number, string> = { 413: 'body_size', 429: 'rate_limit' }

const reasonOf = (entry: Answered) => (isMalformed(entry) ? 'malformed' : reasons[entry.answer.status])
