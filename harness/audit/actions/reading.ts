// Lists, profiles, posts, pages: what changes nothing.
import { type Actor, authorized, somebody, type Weighted } from '../actor.ts'

export const reading: Weighted = [
  [8, readList],
  [4, readPost],
  [3, readTimeline],
  [2, searchPosts],
  [1, searchUsers],
  [2, readProfile],
  [2, readPeople],
  [2, readConditionally],
  [2, readHead],
  [1, readSessions],
  [1, readPages],
  [1, askOptions],
]

const lists = ['/collection', '/references', '/followers', '/following']

async function readList({ client, random, ...actor }: Actor) {
  const path = `/api/users/${somebody({ client, random, ...actor })}${random.pick(lists)}`
  const first = await client.send('GET', `${path}?limit=${random.pick([1, 5, 20])}`, {}, 200, 404)
  await followLink(client, first.headers.link)
}

async function followLink(client: Actor['client'], link: string | string[] | undefined) {
  const next = /<([^>]*)>; rel="next"/.exec(String(link))?.[1]
  if (!next) return
  const { pathname, search } = new URL(next)
  await client.send('GET', pathname + search, {}, 200, 404)
}

function readPost({ client, random, world, me }: Actor) {
  return client.send('GET', world.recent.length > 0 ? random.pick(world.recent) : me.path, {}, 200, 404)
}

async function readTimeline(actor: Actor) {
  const { client, ledger, me } = actor
  const { status, body } = await client.send('GET', `${me.path}/timeline`, authorized(actor), 200)
  if (status === 200) ledger.readTimeline(body.length)
}

async function searchPosts({ client, random }: Actor) {
  const words = random.pick(['on', 'we+go', 'edited', 'nothing+like+this', ''])
  const { headers } = await client.send('GET', `/api/posts?search=${words}&limit=5`, {}, 200)
  await followLink(client, headers.link)
}

function searchUsers({ client, random }: Actor) {
  return client.send(
    'GET',
    `/api/users?search=${random.pick(['a', 'a1', 'alice', '%C3%A9'])}&limit=5`,
    {},
    200,
  )
}

function readProfile(actor: Actor) {
  return actor.client.send(
    'GET',
    `/api/users/${somebody(actor)}`,
    actor.random.next() < 0.5 ? authorized(actor) : {},
    200,
    404,
  )
}

async function readPeople({ client, me }: Actor) {
  await client.send('GET', `${me.path}/following?limit=2`, {}, 200)
  await client.send('GET', `${me.path}/followers?limit=2`, {}, 200)
}

/** The version may be another by now, when a user whom the post references left. */
async function readConditionally({ client, random, me }: Actor) {
  if (me.posts.length === 0) return
  const { path, etag } = random.pick(me.posts)
  await client.send('GET', path, { headers: { 'If-None-Match': etag } }, 304, 200)
  await client.send('HEAD', path, { headers: { 'If-None-Match': `W/${etag}, "none"` } }, 304, 200)
  await client.send('GET', path, { headers: { 'If-None-Match': '"none"' } }, 200)
}

function readHead({ client, random, me }: Actor) {
  return client.send(
    'HEAD',
    random.pick([me.path, `${me.path}/collection`, '/api/posts', '/livez', '/docs']),
    {},
    200,
  )
}

function readSessions(actor: Actor) {
  return actor.client.send('GET', '/api/sessions', authorized(actor), 200)
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
  await client.send('GET', random.pick(pages), {}, 200)
  // Unready from the signal on.
  await client.send('GET', '/readyz', {}, 200, 503)
}

const optional = ['/api/users', '/api/posts', '/api/login', '/livez', '/docs']

function askOptions({ client, random }: Actor) {
  return client.send('OPTIONS', random.pick(optional), {}, 204)
}
