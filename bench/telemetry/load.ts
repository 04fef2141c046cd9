// The requests that the benchmark sends, and a load generator for them.
import { once } from 'node:events'
import type { Agent } from 'node:http'
import { call, type RequestOptions, send } from '../../harness/http/client.ts'
import { token } from '../fill.ts'

export type ApiRequest = { method: string; path: string; options: RequestOptions }

/** Returns the requests by kind. The paths exist in every database that `fill` has filled. */
export async function requestsOf(url: string): Promise<Record<string, ApiRequest>> {
  // The benchmark creates posts of user1 only, so this post is the same in every database.
  const { body } = await call({ url }, 'GET', '/api/users/user2/collection?limit=1')
  return {
    'one post': { method: 'GET', path: new URL(body[0].href).pathname, options: {} },
    'list of 20 posts': { method: 'GET', path: '/api/posts', options: {} },
    create: {
      method: 'POST',
      path: '/api/users/user1/collection',
      options: { token, json: { text: 'Curiouser and curiouser! cried Alice.' } },
    },
  }
}

/** Sends the request `count` times, over all connections of the agent. Rejects when a response is not a success. */
export async function sendLoad(
  target: { url: string; agent: Agent },
  { method, path, options }: ApiRequest,
  count: number,
): Promise<void> {
  const { agent } = target
  let left = count
  const sendNext = async () => {
    while (left-- > 0) {
      const response = await send(target, method, path, { ...options, agent })
      if (response.statusCode !== 200 && response.statusCode !== 201)
        throw new Error(`${method} ${path}: ${response.statusCode}`)
      await once(response.resume(), 'end')
    }
  }
  await Promise.all(Array.from({ length: agent.maxSockets }, sendNext))
}
