// Requests from malicious clients. Each kind gets one or two different responses, whatever its random parts are, so
// that a few hundred of each kind produce every possible metric series.
import type { Random } from '../../../harness/random.ts'
import { httpMethods } from '../../../lib/http-attributes.ts'
import { hex, json, letters, number, path, segment, text, uuid } from './hostile-text.ts'
import { requestText } from './raw.ts'

export type World = { username: string; token: string; other: string }

/** The bytes of one connection. A client that `leaves` closes its side after the last byte. */
export type Sent = { bytes: Buffer; requests: number; leaves: boolean }

/** Several well-formed pipelined requests, or a single request that is malformed or ends its connection. */
export function hostileConnection(random: Random, world: World): Sent {
  const chance = random.next()
  if (chance < 0.05) return sent([abandoned(random, world)], true)
  if (chance < 0.55) return sent([random.pick(alone)(random)])
  const requests = Array.from({ length: 10 }, () => random.pick(pipelined)(random, world))
  return sent([...requests, requestText('GET /livez HTTP/1.1')])
}

function sent(requests: string[], leaves = false): Sent {
  return { bytes: Buffer.from(requests.join(''), 'latin1'), requests: requests.length, leaves }
}

const bearer = ({ token }: World) => ({ Authorization: `Bearer ${token}` })
const asJson = { 'Content-Type': 'application/json' }
const strangeToken = (random: Random) => ({
  Authorization: `${random.pick(['Bearer', 'Basic', 'x'])} ${hex(random, 64)}`,
})
/** Not CONNECT, because its target is not a path. */
const anyMethod = httpMethods.map((method) =>
  method === '_OTHER' || method === 'CONNECT' ? 'PROPFIND' : method,
)
const lists = ['collection', 'references', 'following', 'followers']

const pipelined: ((random: Random, world: World) => string)[] = [
  // Paths, methods.
  (random) => kept(random, `${random.pick(anyMethod)} /~${path(random)}`),
  (random) => kept(random, `${random.pick(['TRACE', 'QUERY', 'M-SEARCH', 'PUT'])} /livez?${path(random)}`),
  (random) => kept(random, `OPTIONS /api/users/${segment(random)}`, strangeToken(random)),
  // Unknown users, posts and lists.
  (random) => kept(random, `HEAD /api/users/~${letters(random)}`),
  (random) => kept(random, `GET /api/users/~${segment(random)}/${random.pick(lists)}`),
  (random) => kept(random, `GET /api/users/~/${random.pick(lists)}?limit=~${segment(random)}`),
  (random, { username }) => kept(random, `GET /api/users/${username}/collection/${uuid(random)}`),
  (random) => kept(random, `GET /api/posts?search=${letters(random)}&~${segment(random)}`),
  // Tokens, owners.
  (random) => kept(random, 'GET /api/sessions', strangeToken(random)),
  (random, world) => kept(random, `POST /api/users/${world.other}/collection`, bearer(world), json(random)),
  // Bodies and their media types.
  (random) => kept(random, 'POST /api/users', asJson, json(random)),
  (random) => kept(random, 'POST /api/login', asJson, text(random)),
  (random) => kept(random, 'POST /api/login', asJson, letters(random).repeat(17_000)),
  (random) => kept(random, 'POST /api/users', { 'Content-Type': `text/${letters(random)}` }, text(random)),
  // Posts with a new Idempotency-Key, and with a key that another post has.
  (random, world) => post(random, world, hex(random, 32)),
  (random, world) => post(random, world, 'known'),
  // Headers: Host, those of proxies, those of browsers.
  (random) => kept(random, 'GET /problems', { Host: text(random) }),
  (random) =>
    kept(random, 'GET /problems', { 'X-Forwarded-Host': text(random), 'X-Forwarded-For': text(random) }),
  (random) => kept(random, 'GET /problems', { Accept: text(random), 'User-Agent': text(random) }),
  (random) =>
    kept(random, 'GET /problems', { Cookie: text(random), Referer: text(random), Traceparent: text(random) }),
  (random) =>
    kept(random, 'GET /problems', { 'X-Request-Id': text(random), [letters(random)]: text(random) }),
]

const alone: ((random: Random) => string)[] = [
  // Refused by Node's parser.
  (random) => `${text(random)}\r\n\r\n`,
  (random) => requestText(`X${letters(random).toUpperCase()} / HTTP/1.1`),
  (random) => requestText(`GET /${segment(random)} HTTP/3.${number(random, 9)}`),
  (random) => requestText('GET / HTTP/1.1', { [`X ${letters(random)}`]: text(random) }),
  (random) => requestText('GET / HTTP/1.1', { 'X-Long': letters(random).repeat(17_000) }),
  (random) => requestText('POST /api/login HTTP/1.1', { 'Content-Length': letters(random) }),
  (random) =>
    requestText('POST /api/login HTTP/1.1', { 'Transfer-Encoding': 'chunked' }, `x${letters(random)}\r\n`),
  (random) => requestText(`CONNECT ${letters(random)}:${number(random, 70_000)} HTTP/1.1`),
  // Other HTTP versions; no Host, or two.
  (random) =>
    requestText(`${random.pick(['GET', 'POST'])} /~${segment(random)} HTTP/1.0`, { Host: undefined }),
  (random) => requestText(`GET /livez?${segment(random)} HTTP/${random.pick(['0.9', '1.0', '2.0'])}`),
  (random) => requestText(`GET /livez?${segment(random)} HTTP/1.1`, { Host: undefined }),
  (random) => requestText(`GET /livez?${segment(random)} HTTP/1.1`, { host: letters(random) }),
]

/** Its body is never complete. */
function abandoned(random: Random, world: World): string {
  const headers = { ...bearer(world), ...asJson, 'Content-Length': '1000' }
  return requestText(`POST /api/users/${world.username}/collection HTTP/1.1`, headers, text(random))
}

function post(random: Random, world: World, key: string): string {
  const headers = { ...bearer(world), ...asJson, 'Idempotency-Key': key }
  return kept(
    random,
    `POST /api/users/${world.username}/collection`,
    headers,
    `{"text":"${letters(random)}"}`,
  )
}

/** A request that keeps its connection open. */
function kept(random: Random, line: string, headers: Record<string, string> = {}, body = ''): string {
  const scheme = random.pick(['http', 'https', letters(random)])
  const common = {
    Connection: 'keep-alive',
    'X-Forwarded-Proto': scheme,
    'Content-Length': String(body.length),
  }
  return requestText(`${line} HTTP/1.1`, { ...common, ...headers }, body)
}
