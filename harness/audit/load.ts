// Clients that send valid and invalid requests. None breaks a request off before its response begins: the proxy's log
// could not tell whether the service had received it.
import { setTimeout } from 'node:timers/promises'
import { createRandom } from '../random.ts'
import { accounts } from './actions/accounts.ts'
import { invalid } from './actions/invalid.ts'
import { posting } from './actions/posting.ts'
import { reading } from './actions/reading.ts'
import { streaming } from './actions/streaming.ts'
import { type Action, type Actor, newAccount, type Weighted } from './actor.ts'
import { type Client, Unavailable } from './client.ts'
import type { Ledger } from './ledger.ts'

export type Load = {
  client: Client
  ledger: Ledger
  /** The load ends once the service has responded to this many requests. */
  requests: number
  clients: number
  seed: number
  /** Ends the load early. */
  signal: AbortSignal
}

const actions: Weighted = [...reading, ...posting, ...accounts, ...invalid, ...streaming]

/** Rejects when a connection to the proxy fails, or when the service stays unavailable. */
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
    if (!(error instanceof Unavailable)) throw error
    await setTimeout(100)
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
  throw new Error(`${chance} is not below 1.`)
}
