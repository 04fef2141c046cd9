// Accounts, logins and follows.
import {
  type Actor,
  authorized,
  newAccount,
  newName,
  password,
  somebody,
  type Weighted,
  whileAway,
} from '../actor.ts'

/** Attempts that the audited service allows for one name. */
export const loginLimit = 5

export const people: Weighted = [
  [0.3, signUp],
  [0.3, logIn],
  [0.3, logInWrongly],
  [0.7, guess],
  [0.1, signUpTaken],
  [1, changeProfile],
  [0.05, changePassword],
  [0.3, leave],
  [5, follow],
  [2, followByName],
  [2, unfollow],
  [0.5, followWrongly],
]

/** Somebody who never comes back. */
async function signUp({ client, ledger, world }: Actor) {
  const username = newName()
  const form = { username, password, displayName: `Ann ${username}`, bio: '' }
  const { status } = await client.send('POST', '/api/users', { form }, 201)
  if (status !== 201) return
  ledger.signedUp(username)
  world.names.add(username)
}

function signUpTaken({ client, me }: Actor) {
  return client.send('POST', '/api/users', { json: { username: me.username.toUpperCase(), password } }, 409)
}

/** A second session, that is ended in one way or the other. Logins of a user are limited. */
async function logIn(actor: Actor) {
  const { client, random, me } = actor
  const json = { username: me.username, password: me.password }
  const { status, body } = await client.send('POST', '/api/login', { json }, 200, 429)
  if (status !== 200) return
  if (random.next() < 0.5) return client.send('POST', '/api/logout', { token: body.token }, 204)
  const sessions = await client.send('GET', '/api/sessions', { token: body.token }, 200)
  const { id } = sessions.body.find(({ current }: { current: boolean }) => current)
  await client.send('DELETE', `/api/sessions/${id}`, authorized(actor), 204)
  await client.send('DELETE', `/api/sessions/${id}`, authorized(actor), 404)
}

function logInWrongly({ client, random, me }: Actor) {
  const username = random.pick([me.username, newName()])
  return client.send('POST', '/api/login', { json: { username, password: 'not my password' } }, 401, 429)
}

/** Once too often for one name, whoever tried it before. */
async function guess({ client }: Actor) {
  for (let attempt = 0; attempt <= loginLimit; attempt++)
    await client.send('POST', '/api/login', { json: { username: 'admin', password } }, 401, 429)
}

function changeProfile(actor: Actor) {
  return actor.client.send(
    'PATCH',
    actor.me.path,
    { json: { bio: 'Here and there' }, ...authorized(actor) },
    200,
  )
}

async function changePassword(actor: Actor) {
  const { client, me } = actor
  const next = `${password} ${newName()}`
  const json = { password: next, currentPassword: me.password }
  const { status } = await client.send('PATCH', me.path, { json, ...authorized(actor) }, 200)
  if (status === 200) me.password = next
  const wrong = { password, currentPassword: 'not my password' }
  await client.send('PATCH', me.path, { json: wrong, ...authorized(actor) }, 400)
}

/** With all posts and follows; the client goes on as somebody else. */
async function leave(actor: Actor) {
  const { client, ledger, world, me } = actor
  const { status } = await client.send('DELETE', me.path, authorized(actor), 204)
  if (status !== 204) return
  ledger.left(me.username)
  world.names.delete(me.username)
  actor.me = await newAccount(actor)
  await whileAway(() => client.send('DELETE', me.path, authorized({ ...actor, me }), 401))
}

/** Who is followed already is so again, and nothing happens; who left meanwhile is not found. */
async function follow(actor: Actor) {
  const { client, me } = actor
  const other = somebody(actor)
  if (other === me.username) return
  const { status } = await client.send('PUT', `${me.path}/following/${other}`, authorized(actor), 204, 404)
  if (status === 204) enterFollow(actor, other)
}

async function followByName(actor: Actor) {
  const { client, me } = actor
  const other = somebody(actor)
  if (other === me.username) return
  const already = me.following.has(other)
  const ask = { json: { username: other }, ...authorized(actor) }
  const { status } = await client.send('POST', `${me.path}/following`, ask, already ? 200 : 201, 400)
  if (status === 201) enterFollow(actor, other)
}

function enterFollow({ ledger, me }: Actor, other: string) {
  if (me.following.has(other)) return
  me.following.add(other)
  ledger.followed(me.username, other)
}

/** Whom one does not follow, one does not follow afterwards either. */
async function unfollow(actor: Actor) {
  const { client, ledger, random, me } = actor
  const other =
    me.following.size > 0 && random.next() < 0.8 ? random.pick([...me.following]) : somebody(actor)
  const { status } = await client.send('DELETE', `${me.path}/following/${other}`, authorized(actor), 204, 404)
  if (status !== 204) return
  me.following.delete(other)
  ledger.unfollowed(me.username, other)
}

async function followWrongly(actor: Actor) {
  const { client, me } = actor
  await client.send('PUT', `${me.path}/following/${me.username}`, authorized(actor), 400)
  await client.send('PUT', `${me.path}/following/${newName()}`, authorized(actor), 404)
}
