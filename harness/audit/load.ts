// Clients that do what people do, and what they should not, until enough of it is answered. None gives up before its
// answer begins: whether the service had heard of such a request, and what it made of it, a proxy's log cannot tell.
import { setTimeout } from 'node:timers/promises'
import { createRandom } from '../random.ts'
import { people } from './actions/people.ts'
import { posting } from './actions/posting.ts'
import { reading } from './actions/reading.ts'
import { refused } from './actions/refused.ts'
import { streaming } from './actions/streaming.ts'
import { type Action, type Actor, newAccount, type Weighted } from './actor.ts'
import { Away, type Client } from './client.ts'
import type { Ledger } from './ledger.ts'

export type Load = {
  client: Client
  ledger: Ledger
  /** How many requests the service is to answer at least. */
  requests: number
  clients: number
  seed: number
  /** Ends it before. */
  signal: AbortSignal
}

const actions: Weighted = [...reading, ...posting, ...people, ...refused, ...streaming]
const pauseWhileAwayMs = 100

/** Rejects when a connection to the proxy fails, or when the service stays away. */
export async function makeLoad({ client, ledger, requests, clients, seed, signal }: Load): Promise<void> {
  const world = { names: new Set<string>(), recent: [] }
  const work = async (index: number) => {
    const random = createRandom(seed * 1_000 + index)
    const me = await newAccount({ client, random, ledger, world })
    const actor: Actor = { client, random, ledger, world, me }
    while (client.served() < requests && !signal.aborted) await act(actor)
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => work(index)))
}

async function act(actor: Actor) {
  try {
    await choose(actor.random.next())(actor)
  } catch (error) {
    if (!(error instanceof Away)) throw error
    await setTimeout(pauseWhileAwayMs)
  }
}

const totalWeight = actions.reduce((sum, [weight]) => sum + weight, 0)

/** `chance` is from 0 to below 1. */
function choose(chance: number): Action {
  let left = chance * totalWeight
  for (const [weight, action] of actions) {
    left -= weight
    if (left < 0) return action
  }
  throw new Error(`${chance} is no chance.`)
}
