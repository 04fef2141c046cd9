// Requests that the service rejects, each for another reason.
import { uniqueName } from '../../http/client.ts'
import { type Actor, anotherName, newText, sendAs, type Weighted } from '../actor.ts'

export const invalid: Weighted = [
  [2, requestNothing],
  [1, useWrongMethod],
  [1, acceptOtherType],
  [2, sendNoToken],
  [1, actForAnother],
  [1, sendTooMuch],
  [1, sendOtherType],
  [2, sendInvalidInput],
  [1, useUnknownMethod],
  [1, sendLongHeaders],
]

const nowhere = [
  '/no/such/path',
  '/api/nothing',
  '/api/users/',
  '/problems/nothing',
  '/docs/nothing',
  '/api/posts/1',
]
const ofNobody = ['', '/collection', '/references', '/following']

async function requestNothing({ client, random, me }: Actor) {
  await client.send('GET', random.pick(nowhere), 404)
  await client.send('GET', `/api/users/${uniqueName()}${random.pick(ofNobody)}`, 404)
  await client.send('GET', `${me.path}/collection/${random.pick(['1', me.username])}`, 404)
}

/** Uses methods that Node.js parses and the route does not have. */
function useWrongMethod({ client, random, me }: Actor) {
  const method = random.pick(['PUT', 'DELETE', 'PROPFIND', 'PURGE', 'QUERY'])
  return client.send(method, random.pick(['/api/users', `${me.path}/timeline`]), 405)
}

function acceptOtherType({ client, me }: Actor) {
  return client.send('GET', `${me.path}/collection`, 406, { headers: { Accept: 'application/xml' } })
}

/** The size of a body counts even if the service does not read it. */
async function sendNoToken({ client, random, me }: Actor) {
  await client.send('POST', `${me.path}/collection`, 401, { json: { text: newText() } })
  const paths = ['/api/sessions', `${me.path}/timeline`, `${me.path}/timeline/stream`, '/api/posts']
  await client.send('GET', random.pick(paths), 401, { token: 'no-token' })
}

async function actForAnother(actor: Actor) {
  const json = { text: newText() }
  const other = anotherName(actor)
  if (other !== actor.me.username)
    await sendAs(actor, 'POST', `/api/users/${other}/collection`, 403, { json })
}

function sendTooMuch(actor: Actor) {
  const json = { text: 'x'.repeat(17_000) }
  const chunked = actor.random.next() < 0.5
  return sendAs(actor, 'POST', `${actor.me.path}/collection`, 413, { json, chunked })
}

function sendOtherType(actor: Actor) {
  const options = { body: '<text>hello</text>', headers: { 'Content-Type': 'text/xml' } }
  return sendAs(actor, 'POST', `${actor.me.path}/collection`, 415, options)
}

const headers = { 'Content-Type': 'application/json' }
const malformed = ['{"text":', '[]', '"text"', '\ufeff{}', Buffer.from([0x7b, 0xff, 0x7d])]
const wrong = [{}, { text: ' ' }, { text: 'x'.repeat(256) }, { text: 1, referenced: 'no name at all' }]

async function sendInvalidInput(actor: Actor) {
  const { client, random, me } = actor
  const collection = `${me.path}/collection`
  const chunked = random.next() < 0.2
  await sendAs(actor, 'POST', collection, 400, { body: random.pick(malformed), headers, chunked })
  await sendAs(actor, 'POST', collection, 400, { json: random.pick(wrong) })
  await client.send('POST', '/api/users', 400, { json: { username: '?', password: 'short' } })
  await client.send('GET', `/api/posts?${random.pick(['limit=0', 'limit=x', 'cursor=x'])}`, 400)
}

/** Node.js cannot parse the method: there is no request, and the connection ends. */
function useUnknownMethod({ client, me }: Actor) {
  return client.send('FETCH', me.path, 400)
}

/** Longer headers than Node.js accepts, but not than nginx does. */
function sendLongHeaders({ client, me }: Actor) {
  const names = ['X-A', 'X-B', 'X-C']
  const headers = Object.fromEntries(names.map((name) => [name, 'x'.repeat(6_000)]))
  return client.send('GET', me.path, 431, { headers })
}
