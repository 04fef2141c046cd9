// Requests whose client closes the connection at any moment, mostly before the response.
import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { type Account, newText } from './actor.ts'

export type Disconnecting = ReturnType<typeof createDisconnecting>

/** Longer than most responses take: connections close before, during and after the response. Short stays are likelier. */
const longestStayMs = 100

type Abandoned = { method: string; path: string; json?: object }

/** The response to each tells other clients nothing: posts of this account are never edited, deleted or referenced. */
const requests: ((account: Account) => Abandoned)[] = [
  ({ path }) => ({ method: 'GET', path: `${path}/collection?limit=5` }),
  () => ({ method: 'GET', path: '/api/posts?search=on' }),
  ({ path }) => ({ method: 'HEAD', path }),
  ({ path }) => ({ method: 'GET', path: `${path}/timeline/stream` }),
  ({ path }) => ({ method: 'POST', path: `${path}/collection`, json: { text: newText() } }),
]

/** Sends requests to the part of the proxy that serves only these clients. */
export function createDisconnecting(url: string) {
  const underWay = new Set<Promise<void>>()
  let paused = false
  let sent = 0

  async function abandon(random: Random, account: Account) {
    const { method, path, json } = random.pick(requests)(account)
    const body = json && JSON.stringify(json)
    const sending = request(new URL(path, url), {
      method,
      agent: false,
      headers: {
        Authorization: `Bearer ${account.token}`,
        ...(body && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      },
    })
    const closed = new Promise((resolve) => {
      sending.on('close', resolve)
    })
    sending.on('response', (response) => response.resume())
    sending.end(body)
    await once(sending, 'finish')
    sent++
    // Closing the connection before the response is an error for Node.js.
    sending.on('error', () => {})
    await setTimeout(longestStayMs * random.next() ** 3)
    sending.destroy()
    await closed
  }

  return {
    /** How many requests were sent completely. */
    sent: () => sent,
    /** Sends one request with the token of the account and closes the connection; does nothing while paused. */
    async abandonRequest(random: Random, account: Account): Promise<void> {
      if (paused) return
      const request = abandon(random, account)
      underWay.add(request)
      await request.finally(() => underWay.delete(request))
    },
    /** Resolves when every connection is closed. */
    async pause(): Promise<void> {
      paused = true
      await Promise.allSettled(underWay)
    },
    resume() {
      paused = false
    },
  }
}
