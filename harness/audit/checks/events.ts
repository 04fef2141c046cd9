// Checks the counters of the domain against the proxy's log and the responses to clients.
import type { Served } from '../access-log.ts'
import type { Evidence } from '../evidence.ts'
import type { Counts } from './counts.ts'
import { isMalformed, servedOf } from './requests.ts'
import { isTimeline } from './routes.ts'
import { type Check, check, nothing, only, tally } from './tally.ts'

const log = 'the proxy’s log'
const clients = 'responses to clients'
/** Rows of accounts whose clients disconnect before the response. */
const clientsOrRows = 'responses to clients, or rows'

export function checkEvents({ by, all }: Counts, { log: entries, rows, ledger }: Evidence): Check[] {
  const { events } = ledger
  const served = servedOf(entries)
  const logins = served.filter(({ method, path }) => method === 'POST' && path === '/api/login')
  const timelines = served.filter((entry) => isTimeline(entry) && entry.response.status === 200)
  const replays = served.filter(({ response }) => response.replayed)
  const byAttribute = (name: string, attribute: string) => by(name, (attributes) => attributes[attribute])
  const loginOutcomes = byAttribute('microposts.login', 'microposts.login.outcome')
  const rejections = byAttribute('microposts.request.rejected', 'microposts.rejection.reason')
  const created = byAttribute('microposts.post.created', 'microposts.post.referenced')
  const onlyInRows = rows.posts.filter(({ author }) => !ledger.knowsPostsOf(author)).length
  const existing = { true: events.referencing, false: events.plain + onlyInRows }
  return [
    check('logins by outcome', loginOutcomes, log, tally(logins, outcomeOf)),
    check('rejections by reason', rejections, log, tally(served, reasonOf)),
    check('replays', all('microposts.idempotency.replayed'), log, only(replays.length)),
    check('timelines', all('microposts.timeline.size count'), log, only(timelines.length)),
    check('posts on these timelines', all('microposts.timeline.size sum'), clients, only(events.onTimelines)),
    check('posts created, by reference', created, clientsOrRows, new Map(Object.entries(existing))),
    check('posts edited', all('microposts.post.edited'), clients, only(events.edited)),
    check('posts deleted', all('microposts.post.deleted'), clients, only(events.deleted)),
    check('users registered', all('microposts.user.registered'), clients, only(events.registered)),
    check('users deleted', all('microposts.user.deleted'), clients, only(events.accountsDeleted)),
    check('follows created', all('microposts.follow.created'), clients, only(events.followed)),
    check('exceptions', byAttribute('microposts.exception', 'http.route'), 'none', nothing),
    check('streams open', all('microposts.stream.clients'), 'none at the end', nothing),
  ]
}

const outcomes: Record<number, string> = { 200: 'success', 401: 'wrong_credentials', 429: 'limited' }
const outcomeOf = ({ response }: Served) => outcomes[response.status]

const reasons: Record<number, string> = { 413: 'body_size', 429: 'rate_limit' }
const reasonOf = (entry: Served) => (isMalformed(entry) ? 'malformed' : reasons[entry.response.status])
