// A route's declaration decides who may call it and which limits apply, whatever its path is.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { type Auth, apiRoutes, route } from '../../src/http/endpoint.ts'
import { startSmallApp } from './support/small-app.ts'

const alice = { userId: '1', username: 'Alice', usernameKey: 'alice', sessionId: '1' }
const calls: string[] = []
const counted: string[] = []
const limiter = (name: string) => async () => {
  counted.push(name)
  return { limit: 9, remaining: 8, resetMs: 1_000, exceeded: false }
}

/** Its handler responds with the username of the viewer. */
const whoAmI = (path: string, auth: Auth, rateLimited = false) =>
  route(
    {
      method: 'GET',
      path,
      auth,
      summary: 'Who am I?',
      tag: 'Test',
      ...(rateLimited && { rateLimit: { name: 'signup', by: 'user' } }),
      replies: { 200: { description: 'The username', body: z.string().nullable() } },
    },
    ({ viewer }) => {
      calls.push(path)
      return { status: 200, body: viewer?.username ?? null }
    },
  )

let app: Awaited<ReturnType<typeof startSmallApp>>
beforeAll(async () => {
  app = await startSmallApp({
    routes: [
      whoAmI('/open', 'none'),
      whoAmI('/me', 'user'),
      whoAmI('/limited', 'user', true),
      whoAmI('/of/:username', 'owner'),
      ...apiRoutes([whoAmI('/elsewhere', 'none')]),
      whoAmI('/api/outside', 'none'),
    ],
    authenticate: async (token) => (token === 'active' ? alice : undefined),
    limiters: { requests: limiter('requests'), signup: limiter('signup') },
  })
})
beforeEach(() => {
  calls.length = 0
  counted.length = 0
})
afterAll(() => app.stop())

const anonymous = {}
const valid = { Authorization: 'Bearer active' }
const invalid = { Authorization: 'Bearer expired' }

const send = async (method: string, path: string, headers: Record<string, string>) => {
  const response = await fetch(new URL(path, app.url), { method, headers })
  return { status: response.status, text: await response.text() }
}

it.each([
  ['/me', anonymous, 401],
  ['/me', invalid, 401],
  ['/of/alice', anonymous, 401],
  ['/of/alice', invalid, 401],
  ['/of/bob', valid, 403],
  ['/elsewhere', invalid, 401],
])('GET %s with %j gets %i, and the handler is not called', async (path, headers, status) => {
  expect(await send('GET', path, headers)).toMatchObject({ status })
  expect(calls).toEqual([])
})

it.each([
  ['/me', valid, '"Alice"'],
  ['/of/ALICE', valid, '"Alice"'],
  ['/elsewhere', valid, '"Alice"'],
  ['/elsewhere', anonymous, 'null'],
  ['/open', anonymous, 'null'],
  ['/open', invalid, 'null'],
  ['/api/outside', invalid, 'null'],
])('GET %s with %j gets 200 and %s', async (path, headers, text) => {
  expect(await send('GET', path, headers)).toEqual({ status: 200, text })
})

it.each([
  ['GET', '/open', []],
  ['GET', '/api/outside', []],
  ['GET', '/me', []],
  ['GET', '/limited', ['signup']],
  ['GET', '/elsewhere', ['requests']],
  ['OPTIONS', '/elsewhere', ['requests']],
  ['OPTIONS', '/limited', []],
  ['OPTIONS', '/api/outside', []],
])('%s %s counts against %j', async (method, path, names) => {
  await send(method, path, valid)
  expect(counted).toEqual(names)
})

it('OPTIONS refuses an invalid token for a path of the API only', async () => {
  expect(await send('OPTIONS', '/elsewhere', invalid)).toMatchObject({ status: 401 })
  expect(await send('OPTIONS', '/me', invalid)).toMatchObject({ status: 204 })
})
