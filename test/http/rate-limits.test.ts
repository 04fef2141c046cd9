// Rate limits: what they count, their headers, and the response beyond them.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshServerDatabase, hasServer, type TemporaryDatabase } from '../../harness/database.ts'
import {
  type ApiResponse,
  buildUser,
  call,
  type RequestOptions,
  type User,
  uniqueName,
} from '../../harness/http/client.ts'
import { runService, type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'
import { openExisting } from '../database/support/opened.ts'

async function start(env: Record<string, string>, database?: TemporaryDatabase): Promise<Service> {
  const service = await startService(env, database)
  onTestFinished(() => service.stop())
  return service
}

const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } })
const password = 'correct horse battery'

const signUp = (service: Service, options: RequestOptions = {}) =>
  call(service, 'POST', '/api/users', { json: { username: uniqueName(), password }, ...options })

const login = (service: Service, username: string, options: RequestOptions = {}) =>
  call(service, 'POST', '/api/login', { json: { username, password: 'wrong' }, ...options })

const post = (service: Service, { username, token }: User, text: string, options: RequestOptions = {}) =>
  call(service, 'POST', `/api/users/${username}/collection`, { token, json: { text }, ...options })

const quota = ({ headers }: ApiResponse) => ({
  limit: headers.get('RateLimit-Limit'),
  remaining: headers.get('RateLimit-Remaining'),
})

/** The response is 429 and its headers are consistent. */
function expectLimited(response: ApiResponse, limit: number, windowSeconds: number) {
  expect(response).toMatchObject({
    status: 429,
    body: { type: '/problems/rate-limited', status: 429, detail: expect.any(String) },
  })
  expect(quota(response)).toEqual({ limit: String(limit), remaining: '0' })
  const reset = Number(response.headers.get('RateLimit-Reset'))
  expect(reset).toBeGreaterThan(0)
  expect(reset).toBeLessThanOrEqual(windowSeconds)
  expect(response.headers.get('Retry-After')).toBe(String(reset))
}

describe('RATE_LIMIT_REQUESTS', () => {
  it('counts every request to the API, shows how many remain, and refuses those beyond', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '4' })
    const responses = [
      await call(service, 'GET', '/api/users'),
      await call(service, 'HEAD', '/api/users'),
      await call(service, 'GET', '/api/users/nobody-is-called-so'),
      await call(service, 'POST', '/api/users', { json: {} }),
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 404, 400])
    expect(responses.map(quota)).toEqual(['3', '2', '1', '0'].map((remaining) => ({ limit: '4', remaining })))
    const rejected = await growth(
      service,
      'microposts_request_rejected_total',
      { microposts_rejection_reason: 'rate_limit' },
      async () => expectLimited(await call(service, 'GET', '/api/users'), 4, 300),
    )
    expect(rejected).toBe(1)
  })

  it('does not apply to other paths', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '1' })
    await call(service, 'GET', '/api/users')
    expectLimited(await call(service, 'GET', '/api/users'), 1, 300)
    for (const path of ['/livez', '/readyz', '/openapi.json', '/problems/rate-limited']) {
      const response = await call(service, 'GET', path)
      expect(response).toMatchObject({ status: 200 })
      expect(response.headers.get('RateLimit-Limit')).toBeNull()
    }
  })

  it('is checked after path, method, Accept and token, and before owner and input', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '3', TRUST_PROXY: 'true' })
    const alice = await buildUser(service)
    const { token } = alice
    const path = `/api/users/${alice.username}`
    for (let i = 0; i < 3; i++) await call(service, 'GET', path, { token })
    expectLimited(await call(service, 'GET', path, { token }), 3, 300)
    expectLimited(await call(service, 'PATCH', '/api/users/bob', { token, json: { bio: 5 } }), 3, 300)
    expectLimited(await call(service, 'PATCH', path, { token, body: 'x' }), 3, 300)
    const { headers } = { headers: { Accept: 'text/plain' } }
    expect(await call(service, 'GET', '/api/nothing', { token })).toMatchObject({ status: 404 })
    expect(await call(service, 'PUT', path, { token })).toMatchObject({ status: 405 })
    expect(await call(service, 'GET', path, { token, headers })).toMatchObject({ status: 406 })
    expect(await call(service, 'GET', path, { token: 'invalid' })).toMatchObject({ status: 401 })
  })

  it('is per user, or per address for anonymous requests', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '9', TRUST_PROXY: 'true' })
    const alice = await buildUser(service, {})
    const bob = await buildUser(service, {})
    const count = async (options: RequestOptions) =>
      quota(await call(service, 'GET', '/api/users', options)).remaining
    expect(await count({ token: alice.token, ...from('192.0.2.1') })).toBe('8')
    expect(await count({ token: alice.token, ...from('192.0.2.2') })).toBe('7')
    expect(await count({ token: bob.token, ...from('192.0.2.1') })).toBe('8')
    expect(await count(from('192.0.2.1'))).toBe('8')
    expect(await count(from('192.0.2.2'))).toBe('8')
  })

  it('ignores forwarded addresses without TRUST_PROXY', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '1' })
    await call(service, 'GET', '/api/users', from('192.0.2.1'))
    expectLimited(await call(service, 'GET', '/api/users', from('192.0.2.2')), 1, 300)
  })
})

describe('the client address', () => {
  let service: Service
  beforeAll(async () => {
    service = await startService({ RATE_LIMIT_REQUESTS: '9', TRUST_PROXY: 'true' })
  })
  afterAll(() => service.stop())

  it.each([
    ['is the same in two spellings', '192.0.2.7', '::ffff:192.0.2.7', true],
    ['of IPv6 is its /64', '2001:db8:0:1::1', '2001:db8::1:ffff:0:0:2', true],
    ['of another IPv6 /64 is different', '2001:db8:0:2::1', '2001:db8:0:3::1', false],
    // A client can invent the addresses before the last one.
    ['is the last forwarded one', '198.51.100.1, 192.0.2.8', '198.51.100.2, 192.0.2.8', true],
    ['is the proxy if the forwarded one is malformed', 'nonsense', 'unknown', true],
  ])('%s', async (_, first, second, same) => {
    await call(service, 'GET', '/api/users', from(first))
    const response = await call(service, 'GET', '/api/users', from(second))
    expect(quota(response).remaining).toBe(same ? '7' : '8')
  })
})

describe('RATE_LIMIT_SIGNUP', () => {
  it('counts attempts per address, including failed ones and those with a token', async () => {
    const service = await start({ RATE_LIMIT_SIGNUP: '4', TRUST_PROXY: 'true' })
    const here = from('192.0.2.1')
    const username = uniqueName()
    const json = { username, password }
    expect(await signUp(service, { ...here, json })).toMatchObject({ status: 201 })
    expect(await signUp(service, { ...here, json })).toMatchObject({ status: 409 })
    expect(await signUp(service, { ...here, json: {} })).toMatchObject({ status: 400 })
    const { token } = (await call(service, 'POST', '/api/login', { json, ...here })).body
    const last = await signUp(service, { ...here, token })
    expect(last).toMatchObject({ status: 201 })
    expect(quota(last)).toEqual({ limit: '4', remaining: '0' })
    const registered = await growth(service, 'microposts_user_registered_total', {}, async () => {
      expectLimited(await signUp(service, here), 4, 1800)
      expectLimited(await signUp(service, { ...here, token }), 4, 1800)
      // Also before input validation.
      expectLimited(await signUp(service, { ...here, json: {} }), 4, 1800)
    })
    expect(registered).toBe(0)
    expect(await signUp(service, from('192.0.2.2'))).toMatchObject({ status: 201 })
  })
})

describe('RATE_LIMIT_LOGIN', () => {
  it('counts attempts per address and username in any case, and records the refused ones', async () => {
    const service = await start({ RATE_LIMIT_LOGIN: '3', TRUST_PROXY: 'true' })
    const { username } = (await signUp(service)).body
    const here = from('192.0.2.1')
    const right = { ...here, json: { username: username.toUpperCase(), password } }
    expect(await login(service, username, here)).toMatchObject({ status: 401 })
    expect(await login(service, username.toUpperCase(), here)).toMatchObject({ status: 401 })
    expect(await call(service, 'POST', '/api/login', right)).toMatchObject({ status: 200 })
    const limited = await growth(
      service,
      'microposts_login_total',
      { microposts_login_outcome: 'limited' },
      async () => {
        expectLimited(await call(service, 'POST', '/api/login', right), 3, 300)
        expectLimited(await login(service, username, here), 3, 300)
      },
    )
    expect(limited).toBe(2)
    expect(await login(service, username, from('192.0.2.2'))).toMatchObject({ status: 401 })
    expect(await login(service, uniqueName(), here)).toMatchObject({ status: 401 })
    expect((await scrape(service)).sum('microposts_login_total')).toBe(7)
  })

  it('also applies to unknown usernames, whatever text they are', async () => {
    const service = await start({ RATE_LIMIT_LOGIN: '1' })
    for (const username of [uniqueName(), 'a\0b', '', '🐇'.repeat(3000), '\ud800']) {
      expect(await login(service, username)).toMatchObject({ status: 401 })
      expectLimited(await login(service, username), 1, 300)
    }
  })

  it('is checked after input validation', async () => {
    const service = await start({ RATE_LIMIT_LOGIN: '1' })
    const username = uniqueName()
    const invalid = { json: { username, password: 5 } }
    for (let i = 0; i < 3; i++) expect(await login(service, username, invalid)).toMatchObject({ status: 400 })
    expect(quota(await login(service, username, invalid))).toEqual({ limit: null, remaining: null })
    expect(await login(service, username)).toMatchObject({ status: 401 })
    expectLimited(await login(service, username), 1, 300)
    expect(await login(service, username, invalid)).toMatchObject({ status: 400 })
  })
})

describe('RATE_LIMIT_POSTS', () => {
  it('counts new posts per user, and no other requests', async () => {
    const service = await start({ RATE_LIMIT_POSTS: '2' })
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    expect(quota(await post(service, alice, 'one'))).toEqual({ limit: '2', remaining: '1' })
    const second = await post(service, alice, 'two')
    expect(quota(second)).toEqual({ limit: '2', remaining: '0' })
    const created = await growth(service, 'microposts_post_created_total', {}, async () => {
      expectLimited(await post(service, alice, 'three'), 2, 60)
      // Before owner and input.
      expectLimited(await post(service, alice, ''), 2, 60)
      expectLimited(await post(service, { ...bob, token: alice.token }, 'x'), 2, 60)
    })
    expect(created).toBe(0)
    expect(await post(service, bob, 'x')).toMatchObject({ status: 201 })
    const { token } = alice
    const json = { text: 'edited' }
    expect(await call(service, 'PATCH', second.body.href, { token, json })).toMatchObject({ status: 200 })
    expect(await call(service, 'DELETE', second.body.href, { token })).toMatchObject({ status: 204 })
  })

  it('also counts requests that fail', async () => {
    const service = await start({ RATE_LIMIT_POSTS: '4' })
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const { username, token } = alice
    const toNobody = { token, json: { text: 'x', referenced: uniqueName() } }
    const responses = [
      await post(service, alice, ''),
      await post(service, { ...bob, token }, 'x'),
      await call(service, 'POST', `/api/users/${username}/collection`, toNobody),
      await post(service, alice, 'x'),
    ]
    expect(responses.map(({ status }) => status)).toEqual([400, 403, 400, 201])
    expect(responses.map((response) => quota(response).remaining)).toEqual(['3', '2', '1', '0'])
    expectLimited(await call(service, 'POST', `/api/users/${username}/collection`, toNobody), 4, 60)
  })

  it('neither counts nor refuses replays', async () => {
    const service = await start({ RATE_LIMIT_POSTS: '2' })
    const alice = await buildUser(service)
    const keyed = (key: string) => ({ headers: { 'Idempotency-Key': key } })
    const first = await post(service, alice, 'one', keyed('one'))
    expect(quota(first).remaining).toBe('1')
    for (let i = 0; i < 3; i++) {
      const replay = await post(service, alice, 'one', keyed('one'))
      expect(replay).toMatchObject({ status: 201, text: first.text })
      expect(quota(replay).limit).toBeNull()
    }
    expect(await post(service, alice, 'two', keyed('two'))).toMatchObject({ status: 201 })
    expectLimited(await post(service, alice, 'three', keyed('three')), 2, 60)
    const replay = await post(service, alice, 'one', keyed('one'))
    expect(replay).toMatchObject({ status: 201, text: first.text })
    expect(replay.headers.get('Idempotency-Replayed')).toBe('true')
    expect(await post(service, alice, 'other', keyed('one'))).toMatchObject({ status: 422 })
  })
})

describe('several limits', () => {
  it('show the tightest quota', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '20', RATE_LIMIT_POSTS: '3' })
    const alice = await buildUser(service)
    const limits = []
    for (let i = 0; i < 4; i++) limits.push(quota(await post(service, alice, `${i}`)).limit)
    expect(limits).toEqual(['3', '3', '3', '3'])
    const read = await call(service, 'GET', '/api/users', { token: alice.token })
    expect(quota(read)).toEqual({ limit: '20', remaining: '15' })
  })

  it('are off at 0', async () => {
    const service = await start({})
    const alice = await buildUser(service)
    for (const response of [
      await post(service, alice, 'x'),
      await signUp(service),
      await login(service, 'x'),
    ]) {
      expect(quota(response)).toEqual({ limit: null, remaining: null })
    }
  })

  it('stop the start if they are invalid', async () => {
    const service = runService({
      RATE_LIMIT_REQUESTS: '-1',
      RATE_LIMIT_POSTS: 'many',
      RATE_LIMIT_LOGIN: '1.5',
    })
    onTestFinished(() => {
      service.kill('SIGKILL')
    })
    expect(await service.exited).toBe(1)
    const allowed = 'must be a whole number from 0 to 999999999; 0 turns the limit off'
    expect(service.stderr().trimEnd().split('\n')).toEqual([
      `RATE_LIMIT_REQUESTS="-1": ${allowed}`,
      `RATE_LIMIT_LOGIN="1.5": ${allowed}`,
      `RATE_LIMIT_POSTS="many": ${allowed}`,
    ])
  })

  it('have defaults', async () => {
    const unset = {
      RATE_LIMIT_REQUESTS: '',
      RATE_LIMIT_LOGIN: '',
      RATE_LIMIT_SIGNUP: '',
      RATE_LIMIT_POSTS: '',
    }
    const service = await start(unset)
    expect(quota(await call(service, 'GET', '/api/users'))).toEqual({ limit: '300', remaining: '299' })
    const alice = await buildUser(service)
    expect(quota(await login(service, alice.username))).toEqual({ limit: '30', remaining: '28' })
    expect(quota(await post(service, alice, 'x'))).toEqual({ limit: '80', remaining: '79' })
    expect(quota(await signUp(service))).toEqual({ limit: '5', remaining: '3' })
  })
})

describe.runIf(hasServer())('limits across two instances on PostgreSQL', () => {
  async function arrange(env: Record<string, string>) {
    const database = await freshServerDatabase()
    onTestFinished(() => database.drop())
    const one = await start({ ...env, TRUST_PROXY: 'true' }, database)
    const two = await start({ ...env, TRUST_PROXY: 'true' }, database)
    return { one, two, database }
  }

  it('apply to sign-up, login and posts', async () => {
    const { one, two } = await arrange({
      RATE_LIMIT_SIGNUP: '3',
      RATE_LIMIT_LOGIN: '3',
      RATE_LIMIT_POSTS: '3',
    })
    const alice = await buildUser(one)
    expect(quota(await signUp(two)).remaining).toBe('1')
    expect(quota(await signUp(one)).remaining).toBe('0')
    expectLimited(await signUp(two), 3, 1800)
    expectLimited(await signUp(one), 3, 1800)

    expect(quota(await login(two, alice.username)).remaining).toBe('1')
    expect(quota(await login(one, alice.username)).remaining).toBe('0')
    expectLimited(await login(two, alice.username), 3, 300)

    expect(quota(await post(one, alice, 'x')).remaining).toBe('2')
    expect(quota(await post(two, alice, 'x')).remaining).toBe('1')
    expect(quota(await post(two, alice, 'x')).remaining).toBe('0')
    expectLimited(await post(one, alice, 'x'), 3, 60)
    const list = await call(one, 'GET', `/api/users/${alice.username}/collection`)
    expect(list.body).toHaveLength(3)
  })

  it('of posts restarts after its window', async () => {
    const { one, two, database } = await arrange({ RATE_LIMIT_POSTS: '1' })
    const alice = await buildUser(one)
    expect(await post(one, alice, 'x')).toMatchObject({ status: 201 })
    expectLimited(await post(two, alice, 'x'), 1, 60)
    const { query, close } = await openExisting(database)
    onTestFinished(() => close())
    await query`UPDATE "User" SET "postWindowEnd" = ${new Date()}`
    expect(await post(two, alice, 'x')).toMatchObject({ status: 201 })
    expectLimited(await post(one, alice, 'x'), 1, 60)
  })

  it('of posts restarts if its window is from before the clock was set back', async () => {
    const { one, two, database } = await arrange({ RATE_LIMIT_POSTS: '1' })
    const alice = await buildUser(one)
    expect(await post(one, alice, 'x')).toMatchObject({ status: 201 })
    const { query, close } = await openExisting(database)
    onTestFinished(() => close())
    await query`UPDATE "User" SET "postWindowEnd" = ${new Date(Date.now() + 3_600_000)}`
    expect(await post(two, alice, 'x')).toMatchObject({ status: 201 })
    expectLimited(await post(one, alice, 'x'), 1, 60)
  })

  it('are exact for concurrent requests', async () => {
    const { one, two } = await arrange({ RATE_LIMIT_POSTS: '10' })
    const alice = await buildUser(one)
    const key = randomUUID()
    const responses = await Promise.all(
      Array.from({ length: 30 }, (_, i) => post(i % 2 ? one : two, alice, `${key} ${i}`)),
    )
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(10)
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(20)
  })

  it('restart after their window, and store neither addresses nor usernames', async () => {
    const { one, two, database } = await arrange({ RATE_LIMIT_SIGNUP: '1', RATE_LIMIT_LOGIN: '1' })
    const here = from('192.0.2.44')
    const { username } = (await signUp(one, here)).body
    expect(await login(one, username, here)).toMatchObject({ status: 401 })
    expectLimited(await login(two, username, here), 1, 300)
    const { client, close } = await openExisting(database)
    onTestFinished(() => close())
    const rows = await client.rateLimit.findMany()
    expect(rows).toHaveLength(2)
    for (const { key } of rows) expect(key).toMatch(/^(signup|login):[\w-]{43}$/)
    await client.rateLimit.updateMany({ data: { expire: Date.now() - 1 } })
    // The second instance has not refused a sign-up, so it asks the database.
    expect(await signUp(two, here)).toMatchObject({ status: 201 })
    expectLimited(await signUp(one, here), 1, 1800)
  })
})
