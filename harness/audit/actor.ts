// One client of the load: its account and what it knows of the other clients.
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type RequestOptions, uniqueName } from '../http/client.ts'
import type { Random } from '../random.ts'
import { type Client, Unavailable } from './client.ts'
import type { Ledger } from './ledger.ts'

/** `etag` may be outdated: a post changes when the user whom it references is deleted. */
export type OwnPost = { id: string; path: string; text: string; etag: string }
/** A post and its Idempotency-Key. */
export type Keyed = { key: string; json: { text: string } }
export type Account = {
  username: string
  password: string
  token: string
  path: string
  posts: OwnPost[]
  following: Set<string>
  keyed: Keyed[]
}

/** What all clients know: usernames, and paths of recent posts, some of them deleted. */
export type World = { names: Set<string>; recent: string[] }

export type Actor = {
  client: Client
  random: Random
  ledger: Ledger
  world: World
  /** The account in use; replaced when it is deleted. */
  me: Account
}

export type Action = (actor: Actor) => Promise<unknown>
/** Actions with their relative frequency. */
export type Weighted = readonly (readonly [weight: number, act: Action])[]

export const password = 'correct horse battery'

/** Signs up and logs in; retries while the service is unavailable. */
export async function newAccount({ client, ledger, world }: Omit<Actor, 'me'>): Promise<Account> {
  const username = uniqueName()
  const json = { username, password }
  const { status } = await retry(() => client.send('POST', '/api/users', 201, { json }))
  if (status !== 201) throw new Error(`The response to a sign-up was ${status}.`)
  ledger.signedUp(username)
  world.names.add(username)
  const { body } = await retry(() => client.send('POST', '/api/login', 200, { json }))
  const path = `/api/users/${username}`
  return { ...json, token: body.token, path, posts: [], following: new Set(), keyed: [] }
}

/** Retries while the service is unavailable, for as long as a restart may take. */
export async function retry<T>(act: () => Promise<T>, limitMs = 60_000): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof Unavailable) || performance.now() > end) throw error
      await setTimeout(100)
    }
  }
}

/** Sends a request with the token of the account. */
export function sendAs(
  { client, me }: Actor,
  method: string,
  path: string,
  expected: number | number[],
  options: RequestOptions = {},
) {
  return client.send(method, path, expected, { ...options, token: me.token })
}

/** The username of another account, or the own one while there is no other. */
export function anotherName({ random, world, me }: Actor): string {
  const others = [...world.names].filter((name) => name !== me.username)
  return others.length > 0 ? random.pick(others) : me.username
}

/** A text that no other post has. */
export const newText = () => `On we go: ${randomBytes(8).toString('hex')}`
