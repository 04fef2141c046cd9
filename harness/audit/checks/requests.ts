// Checks the metrics of requests and their bodies, by method, route and status, against the proxy's log.
import { METHODS } from 'node:http'
import type { Entry, Served } from '../access-log.ts'
import type { Evidence } from '../evidence.ts'
import type { Attributes, Counts } from './counts.ts'
import { isStream, routeOf } from './routes.ts'
import { type Check, check, nothing, tally } from './tally.ts'

const log = 'the proxy’s log'

export function checkRequests({ by }: Counts, { log: entries }: Evidence): Check[] {
  const requests = servedOf(entries).filter((entry) => !isMalformed(entry))
  const received = requests.filter((entry) => entry.received > 0)
  // The body of an open stream has no length in advance, so its size is not recorded.
  const sent = requests.filter((entry) => entry.response.length > 0 && !isOpenStream(entry))
  const counted = (name: string) => by(`http.server.${name}`, outcomeOf)
  const receivedBytes = tally(received, keyOf, (entry) => entry.received)
  const sentBytes = tally(sent, keyOf, ({ response }) => response.length)
  const active = by('http.server.active_requests', methodOf)
  return [
    check(
      'requests by method, route, status',
      counted('request.duration count'),
      log,
      tally(requests, keyOf),
    ),
    check('requests with a body', counted('request.body.size count'), log, tally(received, keyOf)),
    check('bytes of these bodies', counted('request.body.size sum'), log, receivedBytes),
    check('responses with a body', counted('response.body.size count'), log, tally(sent, keyOf)),
    check('bytes of these bodies', counted('response.body.size sum'), log, sentBytes),
    check('active requests', active, 'none at the end', nothing),
  ]
}

/** The entries with a response of the service. */
export const servedOf = (entries: Entry[]): Served[] =>
  entries.filter((entry): entry is Served => entry.response !== undefined)

/** Node.js responds to these before they become requests: an unknown method, or headers that are too long. */
export const isMalformed = ({ method, response }: Served): boolean =>
  !METHODS.includes(method) || response.status === 431

const isOpenStream = (entry: Served) => isStream(entry) && entry.response.status === 200

/** RFC 9110, RFC 5789 and the draft of QUERY; the semantic conventions name every other method _OTHER. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']

const keyOf = ({ method, path, response }: Served): string =>
  `${methods.includes(method) ? method : '_OTHER'} ${routeOf(method, path) ?? '(no route)'} ${response.status}`

const methodOf = (attributes: Attributes) => attributes['http.request.method']

const outcomeOf = (attributes: Attributes) =>
  `${methodOf(attributes)} ${attributes['http.route'] ?? '(no route)'} ${attributes['http.response.status_code']}`
