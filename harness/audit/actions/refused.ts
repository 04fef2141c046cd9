// Mistakes, each of another kind, and what is no HTTP as the service takes it.
import { type Actor, authorized, newName, newText, somebody, type Weighted } from '../actor.ts'

export const refused: Weighted = [
  [2, askForNothing],
  [1, useWrongMethod],
  [1, acceptOther],
  [2, comeWithoutToken],
  [1, actForAnother],
  [1, sendTooMuch],
  [1, sendOtherType],
  [2, sendNonsense],
  [1, inventMethod],
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
const nobody = ['', '/collection', '/references', '/following']

async function askForNothing({ client, random, me }: Actor) {
  await client.send('GET', random.pick(nowhere), {}, 404)
  await client.send('GET', `/api/users/${newName()}${random.pick(nobody)}`, {}, 404)
  await client.send('GET', `${me.path}/collection/${random.pick(['1', me.username])}`, {}, 404)
}

/** Some are known to HTTP, some to Node's parser, and none to the path. */
function useWrongMethod({ client, random, me }: Actor) {
  return client.send(
    random.pick(['PUT', 'DELETE', 'PROPFIND', 'PURGE', 'QUERY']),
    random.pick(['/api/users', `${me.path}/timeline`]),
    {},
    405,
  )
}

function acceptOther({ client, me }: Actor) {
  return client.send('GET', `${me.path}/collection`, { headers: { Accept: 'application/xml' } }, 406)
}

/** What they send is not read, and has its size all the same. */
async function comeWithoutToken({ client, random, me }: Actor) {
  await client.send('POST', `${me.path}/collection`, { json: { text: newText() } }, 401)
  const path = random.pick([
    '/api/sessions',
    `${me.path}/timeline`,
    `${me.path}/timeline/stream`,
    '/api/posts',
  ])
  await client.send('GET', path, { token: 'no-token' }, 401)
}

async function actForAnother(actor: Actor) {
  const ask = { json: { text: newText() }, ...authorized(actor) }
  const other = somebody(actor)
  if (other !== actor.me.username) await actor.client.send('POST', `/api/users/${other}/collection`, ask, 403)
}

/** With its length said, and without. */
function sendTooMuch(actor: Actor) {
  const json = { text: 'x'.repeat(17_000) }
  const ask = { json, chunked: actor.random.next() < 0.5, ...authorized(actor) }
  return actor.client.send('POST', `${actor.me.path}/collection`, ask, 413)
}

function sendOtherType(actor: Actor) {
  const ask = { body: '<text>hello</text>', headers: { 'Content-Type': 'text/xml' }, ...authorized(actor) }
  return actor.client.send('POST', `${actor.me.path}/collection`, ask, 415)
}

const jsonType = { 'Content-Type': 'application/json' }
const nonsense = ['{"text":', '[]', '"text"', '\ufeff{}', Buffer.from([0x7b, 0xff, 0x7d])]
const wrongInput = [{}, { text: ' ' }, { text: 'x'.repeat(256) }, { text: 1, referenced: 'no name at all' }]

async function sendNonsense(actor: Actor) {
  const { client, random, me } = actor
  const collection = `${me.path}/collection`
  const chunked = random.next() < 0.2
  await client.send(
    'POST',
    collection,
    { body: random.pick(nonsense), headers: jsonType, chunked, ...authorized(actor) },
    400,
  )
  await client.send('POST', collection, { json: random.pick(wrongInput), ...authorized(actor) }, 400)
  await client.send('POST', '/api/users', { json: { username: '?', password: 'short' } }, 400)
  await client.send('GET', `/api/posts?${random.pick(['limit=0', 'limit=x', 'cursor=x'])}`, {}, 400)
}

/** Node's parser does not know it: there is no request, and the connection ends. */
function inventMethod({ client, me }: Actor) {
  return client.send('FETCH', me.path, {}, 400)
}

/** More than Node takes, and less than nginx does. */
function sendLongHeaders({ client, me }: Actor) {
  const headers = Object.fromEntries(['X-A', 'X-B', 'X-C'].map((name) => [name, 'x'.repeat(6_000)]))
  return client.send('GET', me.path, { headers }, 431)
}
