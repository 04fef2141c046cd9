// Checks the metrics of requests and their bodies, by method, route and status, against the proxy's log.
import { METHODS } from 'node:http'
import type { Entry, Served } from '../access-log.ts'
import type { Evidence } from '../evidence.ts'
import { type Attributes, type Counts, isAbandoned } from './counts.ts'
import { isStream, routeOf } from './routes.ts'
import { type Check, check, nothing, tally } from './tally.ts'

const log = 'the proxy’s log'

/**
 * Requests of clients that disconnected are compared without their status, because only the service knows whether it
 * finished its response first. The size metrics do not distinguish these clients from others. So on the routes that they
 * used, request sizes are compared without the status, and response sizes are not compared.
 */
export function checkRequests({ by }: Counts, { log: entries, ...abandoning }: Evidence): Check[] {
  const requests = servedOf(entries).filter((entry) => !isMalformed(entry))
  const abandoned = abandoning.abandoned.filter(({ forwarded }) => forwarded)
  const uncertain = new Set(abandoned.map(targetOf))
  const statusOf = (target: string, status: string | number | undefined) =>
    `${target} ${uncertain.has(target) ? '(any status)' : status}`
  const received = [...requests, ...abandoned].filter((entry) => entry.received > 0)
  const receivedKey = (entry: Entry) => statusOf(targetOf(entry), entry.response?.status)
  const countedReceived = (value: string) =>
    by(`http.server.request.body.size ${value}`, (attributes) =>
      statusOf(targetIn(attributes), statusIn(attributes)),
    )
  // The body of an open stream has no length in advance, so its size is not recorded.
  const sent = requests.filter(
    (entry) => entry.response.length > 0 && !isOpenStream(entry) && !uncertain.has(targetOf(entry)),
  )
  const countedSent = (value: string) =>
    by(`http.server.response.body.size ${value}`, (attributes) =>
      uncertain.has(targetIn(attributes)) ? undefined : outcomeIn(attributes),
    )
  const duration = (abandoned: boolean, key: typeof targetIn) =>
    by('http.server.request.duration count', (attributes) =>
      isAbandoned(attributes) === abandoned ? key(attributes) : undefined,
    )
  const receivedBytes = tally(received, receivedKey, (entry) => entry.received)
  const sentBytes = tally(sent, outcomeOf, ({ response }) => response.length)
  return [
    check('requests by method, route, status', duration(false, outcomeIn), log, tally(requests, outcomeOf)),
    check('requests with a body', countedReceived('count'), log, tally(received, receivedKey)),
    check('bytes of these bodies', countedReceived('sum'), log, receivedBytes),
    check('responses with a body', countedSent('count'), log, tally(sent, outcomeOf)),
    check('bytes of these bodies', countedSent('sum'), log, sentBytes),
    check('active requests', by('http.server.active_requests', methodIn), 'none at the end', nothing),
    check('abandoned requests, by method, route', duration(true, targetIn), log, tally(abandoned, targetOf)),
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

const targetOf = ({ method, path }: Entry): string =>
  `${methods.includes(method) ? method : '_OTHER'} ${routeOf(method, path) ?? '(no route)'}`
const outcomeOf = (entry: Served) => `${targetOf(entry)} ${entry.response.status}`

const methodIn = (attributes: Attributes) => attributes['http.request.method']
const statusIn = (attributes: Attributes) => attributes['http.response.status_code']
const targetIn = (attributes: Attributes) =>
  `${methodIn(attributes)} ${attributes['http.route'] ?? '(no route)'}`
const outcomeIn = (attributes: Attributes) => `${targetIn(attributes)} ${statusIn(attributes)}`
