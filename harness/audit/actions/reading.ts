// Requests that change nothing.
import { type Actor, anotherName, sendAs, type Weighted } from '../actor.ts'

const optionsPaths = ['/api/users', '/api/posts', '/api/login', '/livez', '/docs']

export const reading: Weighted = [
  [8, readList],
  [4, readPost],
  [3, readTimeline],
  [2, searchPosts],
  [1, searchUsers],
  [2, readProfile],
  [2, readFollows],
  [2, readConditionally],
  [2, readHead],
  [1, (actor) => sendAs(actor, 'GET', '/api/sessions', 200)],
  [1, readPages],
  [1, ({ client, random }) => client.send('OPTIONS', random.pick(optionsPaths), 204)],
]

const lists = ['/collection', '/references', '/followers', '/following']

async function readList(actor: Actor) {
  const { client, random } = actor
  const path = `/api/users/${anotherName(actor)}${random.pick(lists)}?limit=${random.pick([1, 5, 20])}`
  await readTwoPages(client, path, [200, 404])
}

async function readTwoPages(client: Actor['client'], path: string, expected: number[]) {
  const { headers } = await client.send('GET', path, expected)
  const next = /<([^>]*)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1]
  if (!next) return
  const { pathname, search } = new URL(next)
  await client.send('GET', pathname + search, [200, 404])
}

function readPost({ client, random, world, me }: Actor) {
  return client.send('GET', world.recent.length > 0 ? random.pick(world.recent) : me.path, [200, 404])
}

async function readTimeline(actor: Actor) {
  const { status, body } = await sendAs(actor, 'GET', `${actor.me.path}/timeline`, 200)
  if (status === 200) actor.ledger.readTimeline(body.length)
}

function searchPosts({ client, random }: Actor) {
  const search = random.pick(['on', 'we+go', 'edited', 'nothing+like+this', ''])
  return readTwoPages(client, `/api/posts?search=${search}&limit=5`, [200])
}

function searchUsers({ client, random }: Actor) {
  const search = random.pick(['a', 'a1', 'alice', '%C3%A9'])
  return client.send('GET', `/api/users?search=${search}&limit=5`, 200)
}

function readProfile(actor: Actor) {
  const path = `/api/users/${anotherName(actor)}`
  if (actor.random.next() < 0.5) return sendAs(actor, 'GET', path, [200, 404])
  return actor.client.send('GET', path, [200, 404])
}

async function readFollows({ client, me }: Actor) {
  await client.send('GET', `${me.path}/following?limit=2`, 200)
  await client.send('GET', `${me.path}/followers?limit=2`, 200)
}

/** 200 instead of 304 when the post changed because the user whom it references was deleted. */
async function readConditionally({ client, random, me }: Actor) {
  if (me.posts.length === 0) return
  const { path, etag } = random.pick(me.posts)
  await client.send('GET', path, [304, 200], { headers: { 'If-None-Match': etag } })
  await client.send('HEAD', path, [304, 200], { headers: { 'If-None-Match': `W/${etag}, "none"` } })
  await client.send('GET', path, 200, { headers: { 'If-None-Match': '"none"' } })
}

function readHead({ client, random, me }: Actor) {
  const path = random.pick([me.path, `${me.path}/collection`, '/api/posts', '/livez', '/docs'])
  return client.send('HEAD', path, 200)
}

const pages = [
  '/',
  '/livez',
  '/docs',
  '/openapi.json',
  '/problems',
  '/problems/not-found',
  '/docs/swagger-ui.css',
]

async function readPages({ client, random }: Actor) {
  await client.send('GET', random.pick(pages), 200)
  // 503 during shutdown.
  await client.send('GET', '/readyz', [200, 503])
}
