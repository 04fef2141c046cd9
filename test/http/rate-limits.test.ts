// How often a client may do something (api.md, "Limits").
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

const told = ({ headers }: ApiResponse) => ({
  limit: headers.get('RateLimit-Limit'),
  remaining: headers.get('RateLimit-Remaining'),
})

/** A refusal, and that its numbers agree. */
function expectLimited(answer: ApiResponse, limit: number, windowSeconds: number) {
  expect(answer).toMatchObject({
    status: 429,
    body: { type: '/problems/rate-limited', status: 429, detail: expect.any(String) },
  })
  expect(told(answer)).toEqual({ limit: String(limit), remaining: '0' })
  const reset = Number(answer.headers.get('RateLimit-Reset'))
  expect(reset).toBeGreaterThan(0)
  expect(reset).toBeLessThanOrEqual(windowSeconds)
  expect(answer.headers.get('Retry-After')).toBe(String(reset))
}

describe('RATE_LIMIT_REQUESTS', () => {
  it('counts every answer under /api, tells how many are left, and refuses what is beyond', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '4' })
    const answers = [
      await call(service, 'GET', '/api/users'),
      await call(service, 'HEAD', '/api/users'),
      await call(service, 'GET', '/api/users/nobody-is-called-so'),
      await call(service, 'POST', '/api/users', { json: {} }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 400])
    expect(answers.map(told)).toEqual(['3', '2', '1', '0'].map((remaining) => ({ limit: '4', remaining })))
    const rejected = await growth(
      service,
      'microposts_request_rejected_total',
      { microposts_rejection_reason: 'rate_limit' },
      async () => expectLimited(await call(service, 'GET', '/api/users'), 4, 300),
    )
    expect(rejected).toBe(1)
  })

  it('leaves other paths alone', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '1' })
    await call(service, 'GET', '/api/users')
    expectLimited(await call(service, 'GET', '/api/users'), 1, 300)
    for (const path of ['/livez', '/readyz', '/openapi.json', '/problems/rate-limited']) {
      const answer = await call(service, 'GET', path)
      expect(answer).toMatchObject({ status: 200 })
      expect(answer.headers.get('RateLimit-Limit')).toBeNull()
    }
  })

  it('comes after path, method, Accept and token, and before owner and input', async () => {
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
    expect(await call(service, 'GET', path, { token: 'dead' })).toMatchObject({ status: 401 })
  })

  it('is per user, and per address where there is none', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '9', TRUST_PROXY: 'true' })
    const alice = await buildUser(service, {})
    const bob = await buildUser(service, {})
    const count = async (options: RequestOptions) =>
      told(await call(service, 'GET', '/api/users', options)).remaining
    expect(await count({ token: alice.token, ...from('192.0.2.1') })).toBe('8')
    expect(await count({ token: alice.token, ...from('192.0.2.2') })).toBe('7')
    expect(await count({ token: bob.token, ...from('192.0.2.1') })).toBe('8')
    expect(await count(from('192.0.2.1'))).toBe('8')
    expect(await count(from('192.0.2.2'))).toBe('8')
  })

  it('believes no forwarded address without TRUST_PROXY', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '1' })
    await call(service, 'GET', '/api/users', from('192.0.2.1'))
    expectLimited(await call(service, 'GET', '/api/users', from('192.0.2.2')), 1, 300)
  })
})

describe('an address', () => {
  let service: Service
  beforeAll(async () => {
    service = await startService({ RATE_LIMIT_REQUESTS: '9', TRUST_PROXY: 'true' })
  })
  afterAll(() => service.stop())

  it.each([
    ['is the same in two spellings', '192.0.2.7', '::ffff:192.0.2.7', true],
    ['of IPv6 is its network', '2001:db8:0:1::1', '2001:db8::1:ffff:0:0:2', true],
    ['of another IPv6 network is another', '2001:db8:0:2::1', '2001:db8:0:3::1', false],
    // What stands before the last one came with the request: a client cannot make itself many.
    ['is the last forwarded one', '198.51.100.1, 192.0.2.8', '198.51.100.2, 192.0.2.8', true],
    ['that is none is the proxy', 'nonsense', 'unknown', true],
  ])('%s', async (_, first, second, same) => {
    await call(service, 'GET', '/api/users', from(first))
    const answer = await call(service, 'GET', '/api/users', from(second))
    expect(told(answer).remaining).toBe(same ? '7' : '8')
  })
})

describe('RATE_LIMIT_SIGNUP', () => {
  it('counts attempts per address, also those of users and those that fail', async () => {
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
    expect(told(last)).toEqual({ limit: '4', remaining: '0' })
    const registered = await growth(service, 'microposts_user_registered_total', {}, async () => {
      expectLimited(await signUp(service, here), 4, 1800)
      expectLimited(await signUp(service, { ...here, token }), 4, 1800)
      // Before the input.
      expectLimited(await signUp(service, { ...here, json: {} }), 4, 1800)
    })
    expect(registered).toBe(0)
    expect(await signUp(service, from('192.0.2.2'))).toMatchObject({ status: 201 })
  })
})

describe('RATE_LIMIT_LOGIN', () => {
  it('counts attempts per username in any case and address, and counts the refused', async () => {
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

  it('is the same for a name that nobody has, and takes any text for one', async () => {
    const service = await start({ RATE_LIMIT_LOGIN: '1' })
    for (const username of [uniqueName(), 'a\0b', '', '🐇'.repeat(3000), '\ud800']) {
      expect(await login(service, username)).toMatchObject({ status: 401 })
      expectLimited(await login(service, username), 1, 300)
    }
  })

  it('is judged after the input', async () => {
    const service = await start({ RATE_LIMIT_LOGIN: '1' })
    const username = uniqueName()
    const invalid = { json: { username, password: 5 } }
    for (let i = 0; i < 3; i++) expect(await login(service, username, invalid)).toMatchObject({ status: 400 })
    expect(told(await login(service, username, invalid))).toEqual({ limit: null, remaining: null })
    expect(await login(service, username)).toMatchObject({ status: 401 })
    expectLimited(await login(service, username), 1, 300)
    expect(await login(service, username, invalid)).toMatchObject({ status: 400 })
  })
})

describe('RATE_LIMIT_POSTS', () => {
  it('counts per user, and lets everything else through', async () => {
    const service = await start({ RATE_LIMIT_POSTS: '2' })
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    expect(told(await post(service, alice, 'one'))).toEqual({ limit: '2', remaining: '1' })
    const second = await post(service, alice, 'two')
    expect(told(second)).toEqual({ limit: '2', remaining: '0' })
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

  it('neither counts replays nor refuses them', async () => {
    const service = await start({ RATE_LIMIT_POSTS: '2' })
    const alice = await buildUser(service)
    const keyed = (key: string) => ({ headers: { 'Idempotency-Key': key } })
    const first = await post(service, alice, 'one', keyed('one'))
    expect(told(first).remaining).toBe('1')
    for (let i = 0; i < 3; i++) {
      const replay = await post(service, alice, 'one', keyed('one'))
      expect(replay).toMatchObject({ status: 201, text: first.text })
      expect(told(replay).limit).toBeNull()
    }
    expect(await post(service, alice, 'two', keyed('two'))).toMatchObject({ status: 201 })
    expectLimited(await post(service, alice, 'three', keyed('three')), 2, 60)
    const replay = await post(service, alice, 'one', keyed('one'))
    expect(replay).toMatchObject({ status: 201, text: first.text })
    expect(replay.headers.get('Idempotency-Replayed')).toBe('true')
    expect(await post(service, alice, 'other', keyed('one'))).toMatchObject({ status: 422 })
  })
})

describe('limits together', () => {
  it('tell of the one that is nearest', async () => {
    const service = await start({ RATE_LIMIT_REQUESTS: '20', RATE_LIMIT_POSTS: '3' })
    const alice = await buildUser(service)
    const limits = []
    for (let i = 0; i < 4; i++) limits.push(told(await post(service, alice, `${i}`)).limit)
    expect(limits).toEqual(['3', '3', '3', '3'])
    const read = await call(service, 'GET', '/api/users', { token: alice.token })
    expect(told(read)).toEqual({ limit: '20', remaining: '15' })
  })

  it('are off at 0', async () => {
    const service = await start({})
    const alice = await buildUser(service)
    for (const answer of [
      await post(service, alice, 'x'),
      await signUp(service),
      await login(service, 'x'),
    ]) {
      expect(told(answer)).toEqual({ limit: null, remaining: null })
    }
  })

  it('refuse to start with what is no number', async () => {
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

  it('have the defaults of the API, which are told', async () => {
    const unset = {
      RATE_LIMIT_REQUESTS: '',
      RATE_LIMIT_LOGIN: '',
      RATE_LIMIT_SIGNUP: '',
      RATE_LIMIT_POSTS: '',
    }
    const service = await start(unset)
    expect(told(await call(service, 'GET', '/api/users'))).toEqual({ limit: '300', remaining: '299' })
    const alice = await buildUser(service)
    expect(told(await login(service, alice.username))).toEqual({ limit: '30', remaining: '28' })
    expect(told(await post(service, alice, 'x'))).toEqual({ limit: '80', remaining: '79' })
    expect(told(await signUp(service))).toEqual({ limit: '5', remaining: '3' })
  })
})

describe.runIf(hasServer())('limits across two instances on one PostgreSQL', () => {
  async function arrange(env: Record<string, string>) {
    const database = await freshServerDatabase()
    onTestFinished(() => database.drop())
    const one = await start({ ...env, TRUST_PROXY: 'true' }, database)
    const two = await start({ ...env, TRUST_PROXY: 'true' }, database)
    return { one, two, database }
  }

  it('hold for sign-up, login and posts', async () => {
    const { one, two } = await arrange({
      RATE_LIMIT_SIGNUP: '3',
      RATE_LIMIT_LOGIN: '3',
      RATE_LIMIT_POSTS: '3',
    })
    const alice = await buildUser(one)
    expect(told(await signUp(two)).remaining).toBe('1')
    expect(told(await signUp(one)).remaining).toBe('0')
    expectLimited(await signUp(two), 3, 1800)
    expectLimited(await signUp(one), 3, 1800)

    expect(told(await login(two, alice.username)).remaining).toBe('1')
    expect(told(await login(one, alice.username)).remaining).toBe('0')
    expectLimited(await login(two, alice.username), 3, 300)

    expect(told(await post(one, alice, 'x')).remaining).toBe('2')
    expect(told(await post(two, alice, 'x')).remaining).toBe('1')
    expect(told(await post(two, alice, 'x')).remaining).toBe('0')
    expectLimited(await post(one, alice, 'x'), 3, 60)
    const list = await call(one, 'GET', `/api/users/${alice.username}/collection`)
    expect(list.body).toHaveLength(3)
  })

  it('let no more through when many come at once', async () => {
    const { one, two } = await arrange({ RATE_LIMIT_POSTS: '10' })
    const alice = await buildUser(one)
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) => post(i % 2 ? one : two, alice, `${key} ${i}`)),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20)
  })

  it('start anew when their window is over, and keep no address and no name in the database', async () => {
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
    // This one has not refused a sign-up itself, so it asks the database.
    expect(await signUp(two, here)).toMatchObject({ status: 201 })
    expectLimited(await signUp(one, here), 1, 1800)
  })
})
