// Clients that send valid and invalid requests. Some also send requests and disconnect, at a port of their own: of these,
// the proxy's log has no response.
import { setTimeout } from 'node:timers/promises'
import { createRandom } from '../random.ts'
import { accounts } from './actions/accounts.ts'
import { invalid } from './actions/invalid.ts'
import { posting } from './actions/posting.ts'
import { reading } from './actions/reading.ts'
import { streaming } from './actions/streaming.ts'
import { type Action, type Actor, newAccount, type Weighted } from './actor.ts'
import { type Client, Unavailable } from './client.ts'
import type { Disconnecting } from './disconnecting.ts'
import type { Ledger } from './ledger.ts'

export type Load = {
  client: Client
  disconnecting: Disconnecting
  ledger: Ledger
  /** The load ends once the service has responded to this many requests. */
  requests: number
  clients: number
  /** Percentage of the clients that also abandon a request before each action. */
  disconnect: number
  seed: number
  /** Ends the load early. */
  signal: AbortSignal
}

const actions: Weighted = [...reading, ...posting, ...accounts, ...invalid, ...streaming]

/** Rejects when a connection to the proxy fails, or when the service stays unavailable. */
export async function makeLoad(load: Load): Promise<void> {
  const { client, disconnecting, ledger, requests, clients, disconnect, seed, signal } = load
  const world = { names: new Set<string>(), recent: [] }
  const work = async (index: number) => {
    const random = createRandom(seed * 1_000 + index)
    const me = await newAccount({ client, random, ledger, world })
    const actor: Actor = { client, random, ledger, world, me }
    const abandoning = index < (clients * disconnect) / 100 ? await newAccount(actor) : undefined
    if (abandoning) ledger.disconnects(abandoning.username)
    while (client.served() < requests && !signal.aborted) {
      if (abandoning) await disconnecting.abandonRequest(random, abandoning)
      await act(actor)
    }
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
