// Posts: made, replayed, edited, deleted.
import { randomUUID } from 'node:crypto'
import { type Actor, authorized, type Keyed, newText, somebody, type Weighted, whileAway } from '../actor.ts'
import type { Answer, Ask } from '../client.ts'

export const posting: Weighted = [
  [6, postPlain],
  [3, postReferencing],
  [1, postForm],
  [1, postChunked],
  [3, postKeyed],
  [2, replay],
  [1, postTwiceAtOnce],
  [3, edit],
  [1, editNothing],
  [1, replace],
  [1, editByVersion],
  [2, remove],
]

function postPlain(actor: Actor) {
  return post(actor, { json: { text: newText() } })
}

function postReferencing(actor: Actor) {
  return post(actor, { json: { text: newText(), referenced: somebody(actor) } }, 201, 400)
}

function postForm(actor: Actor) {
  return post(actor, { form: { text: `${newText()} ünd sö`, referenced: actor.me.username } })
}

function postChunked(actor: Actor) {
  return post(actor, { json: { text: newText() }, chunked: true })
}

/** Sent again under its key whenever the service was away: it must not be there twice. */
async function postKeyed(actor: Actor) {
  const keyed = { key: randomUUID(), json: { text: newText() } }
  const { status } = await whileAway(() => post(actor, withKey(keyed)))
  if (status === 201) actor.me.keyed.push(keyed)
}

async function replay(actor: Actor) {
  if (actor.me.keyed.length === 0) return
  const keyed = actor.random.pick(actor.me.keyed)
  await post(actor, withKey(keyed))
  await post(actor, withKey({ ...keyed, json: { text: newText() } }), 422)
}

/** One makes the post; the other is told to wait, or gets the same answer. */
async function postTwiceAtOnce(actor: Actor) {
  const ask = withKey({ key: randomUUID(), json: { text: newText() } })
  const both = await Promise.allSettled([post(actor, ask, 201, 409), post(actor, ask, 201, 409)])
  for (const outcome of both) if (outcome.status === 'rejected') throw outcome.reason
}

function withKey({ key, json }: Keyed): Ask {
  return { json, headers: { 'Idempotency-Key': key } }
}

/** Enters what the answer says, before anything else can happen. */
export async function post(actor: Actor, ask: Ask, ...expected: number[]): Promise<Answer> {
  const { client, ledger, world, me } = actor
  const statuses = expected.length > 0 ? expected : [201]
  const answer = await client.send(
    'POST',
    `${me.path}/collection`,
    { ...ask, ...authorized(actor) },
    ...statuses,
  )
  if (answer.status !== 201) return answer
  if (answer.headers['idempotency-replayed'] === 'true') {
    ledger.replayed()
    return answer
  }
  const { id, text, referenced } = answer.body
  ledger.posted(id, me.username, referenced !== null)
  const path = `${me.path}/collection/${id}`
  me.posts.push({ id, path, text, etag: String(answer.headers.etag) })
  world.recent.push(path)
  if (world.recent.length > 500) world.recent.shift()
  return answer
}

/** A text of its own always changes something. */
function edit(actor: Actor) {
  return change(actor, 'PATCH', { text: `${newText()} edited` })
}

function replace(actor: Actor) {
  return change(actor, 'PUT', { text: newText(), referenced: null })
}

async function editNothing(actor: Actor) {
  const { client, random, me } = actor
  if (me.posts.length === 0) return
  const { path, text } = random.pick(me.posts)
  await client.send('PATCH', path, { json: { text }, ...authorized(actor) }, 200)
}

async function editByVersion(actor: Actor) {
  await change(actor, 'PATCH', { text: newText() }, (etag) => etag)
  await change(actor, 'PATCH', { text: newText() }, () => '"0"')
}

async function change(
  actor: Actor,
  method: 'PUT' | 'PATCH',
  json: { text: string; referenced?: null },
  ifMatch?: (etag: string) => string,
) {
  const { client, ledger, random, me } = actor
  if (me.posts.length === 0) return
  const own = random.pick(me.posts)
  const headers = ifMatch && { 'If-Match': ifMatch(own.etag) }
  const expected = ifMatch ? [200, 412] : [200]
  const answer = await client.send(method, own.path, { json, headers, ...authorized(actor) }, ...expected)
  if (answer.status !== 200) return
  ledger.edited()
  Object.assign(own, { text: json.text, etag: String(answer.headers.etag) })
}

async function remove(actor: Actor) {
  const { client, ledger, random, me } = actor
  if (me.posts.length === 0) return
  const own = random.pick(me.posts)
  const { status } = await client.send('DELETE', own.path, authorized(actor), 204)
  if (status !== 204) return
  ledger.deleted(own.id)
  me.posts.splice(me.posts.indexOf(own), 1)
  await client.send('DELETE', own.path, authorized(actor), 404)
}
