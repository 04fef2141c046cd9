// One client's side of the load: who it is at the moment, and what it knows of the others.
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { Away, type Client } from './client.ts'
import type { Ledger } from './ledger.ts'

/** `etag` is that of the last answer: another one may have come since, when a user whom it references left. */
export type OwnPost = { id: string; path: string; text: string; etag: string }
export type Keyed = { key: string; json: { text: string } }
export type Account = {
  username: string
  password: string
  token: string
  path: string
  posts: OwnPost[]
  following: Set<string>
  /** Posts that were made under an Idempotency-Key. */
  keyed: Keyed[]
}

/** What all clients see: usernames, and paths of posts that were there a moment ago. */
export type World = { names: Set<string>; recent: string[] }

export type Actor = {
  client: Client
  random: Random
  ledger: Ledger
  world: World
  /** The account that it acts with; another one once that is deleted. */
  me: Account
}

export type Action = (actor: Actor) => Promise<unknown>
/** Actions with how often each is chosen, beside the others. */
export type Weighted = readonly (readonly [weight: number, act: Action])[]

export const password = 'correct horse battery'
export const newName = () => `a${randomBytes(6).toString('hex')}`

/** Signs up and logs in, again and again while the service is away. */
export async function newAccount({ client, ledger, world }: Omit<Actor, 'me'>): Promise<Account> {
  const username = newName()
  const json = { username, password }
  const { status } = await whileAway(() => client.send('POST', '/api/users', { json }, 201))
  if (status !== 201) throw new Error(`Signing up was answered with ${status}.`)
  ledger.signedUp(username)
  world.names.add(username)
  const { body } = await whileAway(() => client.send('POST', '/api/login', { json }, 200))
  return {
    ...json,
    token: body.token,
    path: `/api/users/${username}`,
    posts: [],
    following: new Set(),
    keyed: [],
  }
}

const pauseMs = 100

/** Repeats what the proxy could not hand on, for as long as a service may take to come back. */
export async function whileAway<T>(act: () => Promise<T>, limitMs = 60_000): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof Away) || performance.now() > end) throw error
      await setTimeout(pauseMs)
    }
  }
}

export const authorized = ({ me }: Actor) => ({ token: me.token })

/** Somebody else, if there is anybody. */
export function somebody({ random, world, me }: Actor): string {
  const others = [...world.names].filter((name) => name !== me.username)
  return others.length > 0 ? random.pick(others) : me.username
}

/** A text that no post had before. */
export const newText = () => `On we go: ${randomBytes(8).toString('hex')}`
