// Requests and their bodies, as counted by method, route and status, against the proxy's log.
import { METHODS } from 'node:http'
import type { Evidence } from '../evidence.ts'
import type { Answered, Entry } from '../log.ts'
import type { Readings } from '../readings.ts'
import { isStream, routeOf } from '../routes.ts'
import { tally } from '../tally.ts'
import { type Check, check, nothing } from './check.ts'

const log = 'the proxy’s log'

export function checkRequests(readings: Readings, { log: entries }: Evidence): Check[] {
  const requests = answeredOf(entries).filter((entry) => !isMalformed(entry))
  const received = requests.filter((entry) => entry.received > 0)
  // A stream that was opened has no length beforehand, and is recorded without.
  const sent = requests.filter((entry) => entry.answer.length > 0 && !isOpenStream(entry))
  const counted = (name: string) => readings.by(name, exchangeOf)
  const [request, response] = ['http.server.request.body.size', 'http.server.response.body.size']
  return [
    check(
      'requests by method, route, status',
      counted('http.server.request.duration count'),
      log,
      tally(requests, keyOf),
    ),
    check('requests with a body', counted(`${request} count`), log, tally(received, keyOf)),
    check(
      'bytes of these bodies',
      counted(`${request} sum`),
      log,
      tally(received, keyOf, (entry) => entry.received),
    ),
    check('answers with a body', counted(`${response} count`), log, tally(sent, keyOf)),
    check(
      'bytes of these bodies',
      counted(`${response} sum`),
      log,
      tally(sent, keyOf, ({ answer }) => answer.length),
    ),
    check(
      'requests under way',
      readings.by('http.server.active_requests', methodOf),
      'none at the end',
      nothing,
    ),
  ]
}

/** What the service answered, whatever the proxy made of it. */
export const answeredOf = (entries: Entry[]): Answered[] =>
  entries.filter((entry): entry is Answered => entry.answer !== undefined)

/** What Node's parser refuses is answered, but is no request: a method that it does not know, too long a header. */
export const isMalformed = ({ method, answer }: Answered): boolean =>
  !METHODS.includes(method) || answer.status === 431

const isOpenStream = (entry: Answered) => isStream(entry) && entry.answer.status === 200

/** RFC 9110, RFC 5789 and the draft of QUERY; the semantic conventions call every other method _OTHER. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']

const keyOf = ({ method, path, answer }: Answered): string =>
  `${methods.includes(method) ? method : '_OTHER'} ${routeOf(method, path) ?? '(no route)'} ${answer.status}`

type Attributes = Readonly<Record<string, string>>

const methodOf = (attributes: Attributes) => attributes['http.request.method']

const exchangeOf = (attributes: Attributes) =>
  `${methodOf(attributes)} ${attributes['http.route'] ?? '(no route)'} ${attributes['http.response.status_code']}`
