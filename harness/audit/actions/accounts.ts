// Accounts, logins and follows.
import { uniqueName } from '../../http/client.ts'
import { type Actor, anotherName, newAccount, password, retry, sendAs, type Weighted } from '../actor.ts'

/** RATE_LIMIT_LOGIN of the audited service. */
export const loginLimit = 5

export const accounts: Weighted = [
  [0.3, signUp],
  [0.3, logIn],
  [0.3, logInWrongly],
  [0.7, guessPasswords],
  [0.1, signUpTaken],
  [1, (actor) => sendAs(actor, 'PATCH', actor.me.path, 200, { json: { bio: 'Here and there' } })],
  [0.05, changePassword],
  [0.3, deleteAccount],
  [5, follow],
  [2, followByName],
  [2, unfollow],
  [0.5, followWrongly],
]

/** Signs up, by a form, an account that nobody uses. */
async function signUp({ client, ledger, world }: Actor) {
  const username = uniqueName()
  const body = new URLSearchParams({ username, password, displayName: `Ann ${username}`, bio: '' })
  const { status } = await client.send('POST', '/api/users', 201, { body })
  if (status !== 201) return
  ledger.signedUp(username)
  world.names.add(username)
}

function signUpTaken({ client, me }: Actor) {
  return client.send('POST', '/api/users', 409, { json: { username: me.username.toUpperCase(), password } })
}

/** Starts a second session and ends it, by logout or by its id. */
async function logIn(actor: Actor) {
  const { client, random, me } = actor
  const json = { username: me.username, password: me.password }
  const { status, body } = await client.send('POST', '/api/login', [200, 429], { json })
  if (status !== 200) return
  if (random.next() < 0.5) return client.send('POST', '/api/logout', 204, { token: body.token })
  const sessions = await client.send('GET', '/api/sessions', 200, { token: body.token })
  const { id } = sessions.body.find(({ current }: { current: boolean }) => current)
  await sendAs(actor, 'DELETE', `/api/sessions/${id}`, 204)
  await sendAs(actor, 'DELETE', `/api/sessions/${id}`, 404)
}

function logInWrongly({ client, random, me }: Actor) {
  const username = random.pick([me.username, uniqueName()])
  return client.send('POST', '/api/login', [401, 429], { json: { username, password: 'not my password' } })
}

/** Exceeds the limit on logins with one name. */
async function guessPasswords({ client }: Actor) {
  for (let attempt = 0; attempt <= loginLimit; attempt++)
    await client.send('POST', '/api/login', [401, 429], { json: { username: 'admin', password } })
}

async function changePassword(actor: Actor) {
  const { me } = actor
  const next = `${password} ${uniqueName()}`
  const json = { password: next, currentPassword: me.password }
  const { status } = await sendAs(actor, 'PATCH', me.path, 200, { json })
  if (status === 200) me.password = next
  const wrong = { password, currentPassword: 'not my password' }
  await sendAs(actor, 'PATCH', me.path, 400, { json: wrong })
}

/** Deletes the account with its posts and follows; the client continues with a new one. */
async function deleteAccount(actor: Actor) {
  const { client, ledger, world, me } = actor
  const { status } = await sendAs(actor, 'DELETE', me.path, 204)
  if (status !== 204) return
  ledger.deletedAccount(me.username)
  world.names.delete(me.username)
  actor.me = await newAccount(actor)
  await retry(() => client.send('DELETE', me.path, 401, { token: me.token }))
}

/** Following a followee again changes nothing; a followee may have been deleted meanwhile. */
async function follow(actor: Actor) {
  const other = anotherName(actor)
  if (other === actor.me.username) return
  const { status } = await sendAs(actor, 'PUT', `${actor.me.path}/following/${other}`, [204, 404])
  if (status === 204) noteFollow(actor, other)
}

async function followByName(actor: Actor) {
  const { me } = actor
  const other = anotherName(actor)
  if (other === me.username) return
  const expected = [me.following.has(other) ? 200 : 201, 400]
  const { status } = await sendAs(actor, 'POST', `${me.path}/following`, expected, {
    json: { username: other },
  })
  if (status === 201) noteFollow(actor, other)
}

function noteFollow({ ledger, me }: Actor, other: string) {
  if (me.following.has(other)) return
  me.following.add(other)
  ledger.followed(me.username, other)
}

/** Unfollowing a user whom the account does not follow changes nothing. */
async function unfollow(actor: Actor) {
  const { ledger, random, me } = actor
  const other =
    me.following.size > 0 && random.next() < 0.8 ? random.pick([...me.following]) : anotherName(actor)
  const { status } = await sendAs(actor, 'DELETE', `${me.path}/following/${other}`, [204, 404])
  if (status !== 204) return
  me.following.delete(other)
  ledger.unfollowed(me.username, other)
}

async function followWrongly(actor: Actor) {
  const { me } = actor
  await sendAs(actor, 'PUT', `${me.path}/following/${me.username}`, 400)
  await sendAs(actor, 'PUT', `${me.path}/following/${uniqueName()}`, 404)
}
