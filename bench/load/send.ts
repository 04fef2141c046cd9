// The requests that the benchmarks send, and a load generator for them.
import { once } from 'node:events'
import type { Agent } from 'node:http'
import { followees, token } from '../../harness/fill.ts'
import { call, type RequestOptions, send } from '../../harness/http/client.ts'

export type ApiRequest = { method: string; path: string; options: RequestOptions }

/** Returns the requests by kind. The paths exist in every database that `fill` has filled. */
export async function requestsOf(url: string) {
  // The benchmark creates posts of user1 only, so this post is the same in every database.
  const { body } = await call({ url }, 'GET', '/api/users/user2/collection?limit=1')
  const get = (path: string, options: RequestOptions = {}): ApiRequest => ({ method: 'GET', path, options })
  return {
    'one post': get(new URL(body[0].href).pathname),
    'list of 20 posts': get('/api/posts'),
    create: {
      method: 'POST',
      path: '/api/users/user1/collection',
      options: { token, json: { text: 'Curiouser and curiouser! cried Alice.' } },
    },
    [timeline]: get('/api/users/user1/timeline', { token }),
    search: get('/api/posts?search=percent'),
  } satisfies Record<string, ApiRequest>
}

/** Requests to send in turn: reads outnumber writes. */
export function mixOf(all: Awaited<ReturnType<typeof requestsOf>>): ApiRequest[] {
  const { 'one post': post, 'list of 20 posts': list, create, search } = all
  return [post, list, post, list, post, create, post, all[timeline], post, search]
}

export const timeline = `timeline of ${followees} followees` as const

/**
 * Sends `count` requests over all connections of the agent, taking the given ones in turn. Returns the duration of each in ms.
 * Rejects when a response has a status that is not `accepted`.
 */
export async function sendLoad(
  target: { url: string; agent: Agent },
  requests: readonly ApiRequest[],
  count: number,
  accepted: readonly (number | undefined)[] = [200, 201],
): Promise<number[]> {
  const { agent } = target
  const durationsMs: number[] = []
  let sent = 0
  const sendNext = async () => {
    while (sent < count) {
      const request = requests[sent++ % requests.length]
      if (!request) return
      const { method, path, options } = request
      const start = performance.now()
      const response = await send(target, method, path, { ...options, agent })
      if (!accepted.includes(response.statusCode))
        throw new Error(`${method} ${path}: ${response.statusCode}`)
      await once(response.resume(), 'end')
      durationsMs.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: agent.maxSockets }, sendNext))
  return durationsMs
}
