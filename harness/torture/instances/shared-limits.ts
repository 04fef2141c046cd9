// Whether rate limits hold for several instances together, and whether they use what haproxy says of the client.
import { Agent } from 'node:http'
import { buildUser, call, type RequestOptions, type Target, uniqueName } from '../../http/client.ts'
import type { ProxiedRequest } from '../../programs/haproxy.ts'
import { until } from '../../until.ts'
import { type Check, holds } from '../trial.ts'
import { instanceNames } from './instances.ts'

const points = 6
/** Requests at once, of which the limit refuses most. */
const sent = 4 * points

/** The settings of the instances. */
export const sharedLimits = {
  RATE_LIMIT_LOGIN: String(points),
  RATE_LIMIT_SIGNUP: String(points),
  RATE_LIMIT_POSTS: String(points),
}

type Proxy = Target & { log: readonly ProxiedRequest[] }

/**
 * Sends requests beyond each limit through haproxy, those of each limit from an address of their own. They claim to come from
 * others, which haproxy passes on.
 */
export async function checkSharedLimits(proxy: Proxy): Promise<Check[]> {
  const user = await buildUser(proxy)
  const collection = `/api/users/${user.username}/collection`
  const credentials = { username: user.username, password: 'a wrong password' }
  return [
    await exceed(proxy, { name: 'sign-ups', admitted: 201, localAddress: '127.0.0.2' }, (options) => {
      const json = { username: uniqueName(), password: user.password }
      return call(proxy, 'POST', '/api/users', { ...options, json })
    }),
    await exceed(proxy, { name: 'logins', admitted: 401, localAddress: '127.0.0.3' }, (options) => {
      return call(proxy, 'POST', '/api/login', { ...options, json: credentials })
    }),
    await exceed(proxy, { name: 'posts', admitted: 201, localAddress: '127.0.0.4' }, (options) => {
      return call(proxy, 'POST', collection, { ...options, token: user.token, json: { text: 'On we go' } })
    }),
  ]
}

async function exceed(
  proxy: Proxy,
  { name, admitted, localAddress }: { name: string; admitted: number; localAddress: string },
  request: (options: RequestOptions) => Promise<{ status: number }>,
): Promise<Check> {
  const agent = new Agent({ localAddress })
  const before = proxy.log.length
  const responses = await Promise.all(
    Array.from({ length: sent }, (_, index) =>
      request({ agent, headers: { 'X-Forwarded-For': `10.0.0.${index}` } }),
    ),
  )
  agent.destroy()
  await until('haproxy has logged them', () => proxy.log.length >= before + sent)
  const count = (status: number) => responses.filter((response) => response.status === status).length
  const byInstance = instanceNames.map(
    (instance) => proxy.log.slice(before).filter(({ server }) => server === instance).length,
  )
  const exact = count(admitted) === points && count(429) === sent - points
  return holds(
    `${name}: ${points} of ${sent} requests, sent to both instances, are admitted`,
    exact && byInstance.every((requests) => requests > 0),
    `${count(admitted)}, and ${count(429)} × 429, from ${byInstance.join(' and ')} requests`,
  )
}
