// Creates, replays, edits and deletes posts.
import { randomUUID } from 'node:crypto'
import type { ApiResponse, RequestOptions } from '../../http/client.ts'
import { type Actor, anotherName, type Keyed, newText, retry, sendAs, type Weighted } from '../actor.ts'

export const posting: Weighted = [
  [6, (actor) => post(actor, { json: { text: newText() } })],
  [3, postReferencing],
  [1, postForm],
  [1, (actor) => post(actor, { json: { text: newText() }, chunked: true })],
  [3, postKeyed],
  [2, replay],
  [1, postTwiceAtOnce],
  [3, (actor) => change(actor, 'PATCH', { text: `${newText()} edited` })],
  [1, editNothing],
  [1, (actor) => change(actor, 'PUT', { text: newText(), referenced: null })],
  [1, editByVersion],
  [2, remove],
]

function postReferencing(actor: Actor) {
  return post(actor, { json: { text: newText(), referenced: anotherName(actor) } }, [201, 400])
}

function postForm(actor: Actor) {
  const body = new URLSearchParams({ text: `${newText()} ünd sö`, referenced: actor.me.username })
  return post(actor, { body })
}

/** Retries with the same key while the service is unavailable: the post must exist once. */
async function postKeyed(actor: Actor) {
  const keyed = { key: randomUUID(), json: { text: newText() } }
  const { status } = await retry(() => post(actor, withKey(keyed)))
  if (status === 201) actor.me.keyed.push(keyed)
}

async function replay(actor: Actor) {
  if (actor.me.keyed.length === 0) return
  const keyed = actor.random.pick(actor.me.keyed)
  await post(actor, withKey(keyed))
  await post(actor, withKey({ ...keyed, json: { text: newText() } }), 422)
}

/** One request creates the post; the other gets 409 or the same response. */
async function postTwiceAtOnce(actor: Actor) {
  const options = withKey({ key: randomUUID(), json: { text: newText() } })
  const both = await Promise.allSettled([post(actor, options, [201, 409]), post(actor, options, [201, 409])])
  for (const outcome of both) if (outcome.status === 'rejected') throw outcome.reason
}

function withKey({ key, json }: Keyed): RequestOptions {
  return { json, headers: { 'Idempotency-Key': key } }
}

/** Creates a post and notes it in the ledger as soon as the response is there. */
export async function post(
  actor: Actor,
  options: RequestOptions,
  expected: number | number[] = 201,
): Promise<ApiResponse> {
  const { ledger, world, me } = actor
  const response = await sendAs(actor, 'POST', `${me.path}/collection`, expected, options)
  if (response.status !== 201 || response.headers.get('Idempotency-Replayed') === 'true') return response
  const { id, text, referenced } = response.body
  ledger.posted(id, me.username, referenced !== null)
  const path = `${me.path}/collection/${id}`
  me.posts.push({ id, path, text, etag: String(response.headers.get('ETag')) })
  world.recent.push(path)
  if (world.recent.length > 500) world.recent.shift()
  return response
}

async function editNothing(actor: Actor) {
  if (actor.me.posts.length === 0) return
  const { path, text } = actor.random.pick(actor.me.posts)
  await sendAs(actor, 'PATCH', path, 200, { json: { text } })
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
  const { ledger, random, me } = actor
  if (me.posts.length === 0) return
  const own = random.pick(me.posts)
  const headers = ifMatch && { 'If-Match': ifMatch(own.etag) }
  const response = await sendAs(actor, method, own.path, ifMatch ? [200, 412] : 200, { json, headers })
  if (response.status !== 200) return
  ledger.edited()
  Object.assign(own, { text: json.text, etag: String(response.headers.get('ETag')) })
}

async function remove(actor: Actor) {
  const { ledger, random, me } = actor
  if (me.posts.length === 0) return
  const own = random.pick(me.posts)
  const { status } = await sendAs(actor, 'DELETE', own.path, 204)
  if (status !== 204) return
  ledger.deleted(own.id)
  me.posts.splice(me.posts.indexOf(own), 1)
  await sendAs(actor, 'DELETE', own.path, 404)
}
