import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import {
  type ApiResponse,
  buildPost,
  buildUser,
  call,
  type Json,
  type RequestOptions,
  uniqueName,
} from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { openExisting } from '../database/support/opened.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const absentId = '019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10'
const dayMs = 86_400_000

type Credentials = { username: string; password: string }
const login = ({ username, password }: Credentials, options: RequestOptions = {}) =>
  call(service, 'POST', '/api/login', { json: { username, password }, ...options })
const list = (token?: string, target: { url: string } = service) =>
  call(target, 'GET', '/api/sessions', { token })
const end = (id: string, token?: string) => call(service, 'DELETE', `/api/sessions/${id}`, { token })
const isActive = async (token: string) => (await list(token)).status === 200

describe('POST /api/login', () => {
  it('returns a token, its expiry and the user, and forbids caching', async () => {
    const alice = await buildUser(service, { displayName: 'Alice' })
    const before = Date.now()
    const response = await login({ ...alice, username: alice.username.toUpperCase() })
    expect(response).toMatchObject({ status: 200 })
    const profile = await call(service, 'GET', `/api/users/${alice.username}`)
    expect(response.body).toEqual({
      token: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: expect.stringMatching(timePattern),
      user: profile.body,
    })
    const lifeMs = Date.parse(response.body.expiresAt) - before
    expect(Math.round(lifeMs / dayMs)).toBe(30)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Set-Cookie')).toBeNull()
    expect(await isActive(response.body.token)).toBe(true)
  })

  it('accepts a form and starts a new session each time', async () => {
    const { username, password, token } = await buildUser(service)
    const body = new URLSearchParams({ username, password })
    const response = await login({ username, password }, { json: undefined, body })
    expect(response).toMatchObject({ status: 200 })
    expect(response.body.token).not.toBe(token)
    expect((await list(token)).body).toHaveLength(2)
  })

  it('returns the same body and headers for an unknown user and a wrong password', async () => {
    const alice = await buildUser(service)
    const wrong = await login({ ...alice, password: 'not the right one' })
    const unknown = await login({ username: uniqueName(), password: alice.password })
    expect(wrong).toMatchObject({ status: 401, body: { type: '/problems/wrong-credentials', status: 401 } })
    expect(wrong.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(comparable(unknown)).toEqual(comparable(wrong))
  })

  /** A response without the parts that differ for every request. */
  function comparable({ status, headers, body }: ApiResponse) {
    const shown = Object.fromEntries(headers)
    const { instance, ...rest } = body
    expect(instance).toBe(shown['x-request-id'])
    return { status, headers: { ...shown, date: '', 'x-request-id': '' }, body: rest }
  }

  it('does as much work for an unknown user as for a wrong password', async () => {
    const alice = await buildUser(service)
    const cpuSeconds = (buildName: () => string) =>
      growth(service, 'process_cpu_time_seconds_total', {}, async () => {
        for (let i = 0; i < 10; i++) await login({ username: buildName(), password: 'not the right one' })
      })
    const wrong = await cpuSeconds(() => alice.username)
    const unknown = await cpuSeconds(uniqueName)
    // CPU time, because durations depend on the load of the machine. Without a hash, a login costs a tenth.
    expect(unknown).toBeGreaterThan(wrong / 2)
    expect(wrong).toBeGreaterThan(unknown / 2)
  })

  it('takes as long for an unknown user as for a wrong password', async () => {
    const alice = await buildUser(service)
    const timed = async (username: string) => {
      const start = performance.now()
      await login({ username, password: 'not the right one' })
      return performance.now() - start
    }
    let unknownWasFaster = 0
    const pairs = 24
    for (let i = 0; i < pairs; i++) {
      // Alternately first, so that neither profits from the order.
      const first = await timed(i % 2 ? alice.username : uniqueName())
      const second = await timed(i % 2 ? uniqueName() : alice.username)
      if (i % 2 ? second < first : first < second) unknownWasFaster++
    }
    // Both are faster about equally often: for equal distributions, 2 or fewer of 24 have a probability of 0.00002.
    // Without a hash, an unknown user is always faster.
    expect(unknownWasFaster).toBeGreaterThan(2)
    expect(unknownWasFaster).toBeLessThan(pairs - 2)
  })

  it.each(['', ' ', 'a\0b', '🐇', '\ud800', 'x'.repeat(10_000)])(
    'treats %j as an unknown username and a wrong password',
    async (username) => {
      expect(await login({ username, password: 'x' })).toMatchObject({ status: 401 })
      expect(await login({ username: uniqueName(), password: username })).toMatchObject({ status: 401 })
    },
  )

  it('validates only the types', async () => {
    expect(await call(service, 'POST', '/api/login', { json: { username: 5 } })).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/username', detail: 'must be a string' },
          { pointer: '/password', detail: 'is required' },
        ],
      },
    })
  })

  it('counts each attempt by its outcome', async () => {
    const alice = await buildUser(service)
    const logins = (outcome: string, work: () => Promise<unknown>) =>
      growth(service, 'microposts_login_total', { microposts_login_outcome: outcome }, work)
    expect(await logins('success', () => login(alice))).toBe(1)
    expect(await logins('wrong_credentials', () => login({ ...alice, password: 'wrong' }))).toBe(1)
    expect(await logins('wrong_credentials', () => login({ ...alice, username: uniqueName() }))).toBe(1)
    expect(await logins('success', () => login({ ...alice, password: 'wrong' }))).toBe(0)
    expect(await logins('limited', () => login(alice))).toBe(0)
  })
})

describe('Authorization', () => {
  it.each([
    'Bearer',
    'Bearer ',
    'Bearer invalid',
    'Bearer a b',
    'Bearer ä',
    'Basic YWxpY2U6eA==',
    'invalid',
    `Bearer ${'x'.repeat(8000)}`,
  ])('rejects %j under /api, also where no token is required', async (Authorization) => {
    for (const path of ['/api/sessions', '/api/users']) {
      const response = await call(service, 'GET', path, { headers: { Authorization } })
      expect(response).toMatchObject({ status: 401, body: { type: '/problems/unauthenticated' } })
      expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer/)
    }
  })

  it('accepts the scheme in any case, and ignores the header outside /api', async () => {
    const { token } = await buildUser(service)
    const headers = { Authorization: `bEARER  ${token}` }
    expect(await call(service, 'GET', '/api/sessions', { headers })).toMatchObject({ status: 200 })
    expect(await call(service, 'GET', '/livez', { token: 'invalid' })).toMatchObject({ status: 200 })
  })
})

describe('POST /api/logout', () => {
  it('invalidates the token immediately, and no other', async () => {
    const alice = await buildUser(service)
    const { token } = (await login(alice)).body
    const response = await call(service, 'POST', '/api/logout', { token })
    expect(response).toMatchObject({ status: 204, text: '' })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await isActive(token)).toBe(false)
    expect(await call(service, 'POST', '/api/logout', { token })).toMatchObject({ status: 401 })
    expect((await list(alice.token)).body).toHaveLength(1)
  })

  it('returns 204 or 401 to concurrent requests, and requires a token', async () => {
    const { token } = await buildUser(service)
    const logouts = Array.from({ length: 8 }, () => call(service, 'POST', '/api/logout', { token }))
    for (const { status } of await Promise.all(logouts)) expect([204, 401]).toContain(status)
    expect(await call(service, 'POST', '/api/logout')).toMatchObject({ status: 401 })
  })
})

describe('GET /api/sessions', () => {
  it('lists all active sessions of the user, newest first, and marks the current one', async () => {
    const alice = await buildUser(service)
    await buildUser(service)
    const { token: second } = (await login(alice)).body
    const response = await list(alice.token)
    expect(response).toMatchObject({ status: 200 })
    const session = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.stringMatching(timePattern),
      lastUsedAt: expect.stringMatching(timePattern),
      expiresAt: expect.stringMatching(timePattern),
    }
    expect(response.body).toEqual([
      { ...session, current: false },
      { ...session, current: true },
    ])
    expect(response.body[0].createdAt >= response.body[1].createdAt).toBe(true)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const current = (await list(second)).body.map(({ current }: Json) => current)
    expect(current).toEqual([true, false])
    expect(await list()).toMatchObject({ status: 401 })
  })

  it('is not paginated', async () => {
    const alice = await buildUser(service)
    for (let i = 0; i < 24; i++) await login(alice)
    const response = await call(service, 'GET', '/api/sessions?limit=2', { token: alice.token })
    expect(response.body).toHaveLength(25)
  })
})

describe('DELETE /api/sessions/:id', () => {
  it('ends another session of the user, or the current one', async () => {
    const alice = await buildUser(service)
    const { token: second } = (await login(alice)).body
    const [newer, own] = (await list(alice.token)).body
    expect(await end(newer.id, alice.token)).toMatchObject({ status: 204, text: '' })
    expect(await isActive(second)).toBe(false)
    expect(await end(newer.id, alice.token)).toMatchObject({ status: 404 })
    expect(await end(own.id, alice.token)).toMatchObject({ status: 204 })
    expect(await isActive(alice.token)).toBe(false)
  })

  it('returns 404 for a session of another user and for a malformed id, and ends nothing', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const [bobs] = (await list(bob.token)).body
    for (const id of [bobs.id, absentId, 'x', '1', bobs.id.toUpperCase(), '%00']) {
      expect(await end(id, alice.token)).toMatchObject({ status: 404, body: { type: '/problems/not-found' } })
    }
    expect(await end(bobs.id)).toMatchObject({ status: 401 })
    expect(await isActive(bob.token)).toBe(true)
  })
})

describe('SESSION_TTL', () => {
  it('ends a session: its token is rejected and no list contains it', async () => {
    const short = await startService({ SESSION_TTL: '2s' })
    onTestFinished(() => short.stop())
    const alice = await buildUser(short)
    const [first] = (await list(alice.token, short)).body
    expect(Date.parse(first.expiresAt) - Date.parse(first.createdAt)).toBe(2000)
    await until('the token is rejected', async () => (await list(alice.token, short)).status === 401)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(first.expiresAt))
    const again = await call(short, 'POST', '/api/login', { json: alice })
    const sessions = (await list(again.body.token, short)).body
    expect(sessions).toMatchObject([{ current: true }])
    expect(sessions[0].id).not.toBe(first.id)
  })

  it('counts from the login: existing sessions keep their expiry', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const before = await startService({ SESSION_TTL: '2h' }, database)
    const alice = await buildUser(before)
    const sessions = (await list(alice.token, before)).body
    await before.stop()
    const after = await startService({ SESSION_TTL: '1s' }, database)
    onTestFinished(() => after.stop())
    expect((await list(alice.token, after)).body).toEqual(sessions)
  })
})

describe('SESSION_IDLE_TTL', () => {
  it.each([
    ['1h', 401],
    ['2h', 200],
    ['0', 200],
  ])('of %s: a session whose last request was 65 minutes ago gets %i', async (idle, status) => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const first = await startService({}, database)
    const alice = await buildUser(first)
    const { token: recent } = (await call(first, 'POST', '/api/login', { json: alice })).body
    const [{ id: recentId }] = (await list(recent, first)).body
    await first.stop()
    const { client, close } = await openExisting(database)
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
    await client.session.updateMany({ data: { lastUsedAt: minutesAgo(65) } })
    await client.session.updateMany({ where: { id: recentId }, data: { lastUsedAt: minutesAgo(55) } })
    await close()

    const second = await startService({ SESSION_IDLE_TTL: idle }, database)
    onTestFinished(() => second.stop())
    const shown = await list(recent, second)
    expect(shown.body).toHaveLength(status === 200 ? 2 : 1)
    expect(await list(alice.token, second)).toMatchObject({ status })
    // A request counts as use.
    const [{ lastUsedAt }] = (await list(recent, second)).body
    expect(Date.parse(lastUsedAt)).toBeGreaterThan(minutesAgo(5).getTime())
  })
})

describe('expired rows', () => {
  it('are deleted from sessions, idempotency keys and rate limits, and nothing else is', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const first = await startService({}, database)
    const alice = await buildUser(first)
    const bob = await buildUser(first)
    for (const { username, token } of [alice, bob]) {
      const headers = { 'Idempotency-Key': 'k' }
      await call(first, 'POST', `/api/users/${username}/collection`, { token, headers, json: { text: 'x' } })
    }
    await first.stop()
    const old = await openExisting(database)
    const past = new Date(Date.now() - dayMs - 1)
    const user = { username: alice.username }
    await old.client.session.updateMany({ where: { user }, data: { expiresAt: past } })
    await old.client.idempotencyKey.updateMany({ where: { user }, data: { createdAt: past } })
    await old.client.rateLimit.createMany({
      data: [
        { key: 'over', points: 1, expire: Date.now() - 1 },
        { key: 'open', points: 1, expire: Date.now() + dayMs },
      ],
    })
    await old.close()

    const second = await startService({}, database)
    const done = { db_operation_name: 'DELETE', db_collection_name: 'RateLimit' }
    await until('the expired rate limits are deleted', async () => {
      return (await scrape(second)).sum('db_client_operation_duration_seconds_count', done) > 0
    })
    await second.stop()

    const left = await openExisting(database)
    onTestFinished(() => left.close())
    const select = { user: { select: { username: true } } }
    const bobs = [{ user: { username: bob.username } }]
    expect(await left.client.session.findMany({ select })).toEqual(bobs)
    expect(await left.client.idempotencyKey.findMany({ select })).toEqual(bobs)
    expect(await left.client.rateLimit.findMany({ select: { key: true } })).toEqual([{ key: 'open' }])
    expect(await left.client.post.count()).toBe(2)
  })
})

describe('secrets', () => {
  it('appear neither in the log nor in the database', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const limits = { RATE_LIMIT_LOGIN: '30', RATE_LIMIT_SIGNUP: '5', RATE_LIMIT_POSTS: '80' }
    const traced = await startService({ LOG_LEVEL: 'trace', ...limits }, database)
    const alice = await buildUser(traced, { password: 'the first secret' })
    const attempt = (json: unknown) => call(traced, 'POST', '/api/login', { json })
    const { token: second } = (await attempt({ username: alice.username, password: 'the first secret' })).body
    await attempt({ username: alice.username, password: 'a mistyped secret' })
    // A user typed the password into the wrong field.
    await attempt({ username: 'the misplaced secret', password: 'x' })
    await call(traced, 'POST', '/api/users', {
      json: { username: alice.username, password: 'a lost secret' },
    })
    await call(traced, 'GET', '/api/sessions', { token: 'a-made-up-token' })
    await buildPost(traced, alice)
    await call(traced, 'PATCH', `/api/users/${alice.username}`, {
      token: alice.token,
      json: { password: 'the second secret', currentPassword: 'the first secret' },
    })
    await traced.stop()

    const secrets = [
      ...['first', 'second', 'misplaced'].map((which) => `the ${which} secret`),
      ...['a mistyped secret', 'a lost secret', 'a-made-up-token', alice.token, second],
    ]
    const spellings = secrets.flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('hex'),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret, 'base64url').toString('hex'),
    ])
    const log = JSON.stringify(traced.lines) + traced.stderr()
    const stored = await dump(database)
    expect(log).toContain('listening')
    expect(stored).toContain(alice.username)
    expect(spellings.filter((secret) => log.includes(secret) || stored.includes(secret))).toEqual([])
  })

  /** Every row of every table as text; of the embedded database, also every byte of its files. */
  async function dump(database: Awaited<ReturnType<typeof freshDatabase>>): Promise<string> {
    const { client, close } = await openExisting(database)
    const tables = ['User', 'Session', 'Post', 'Follow', 'IdempotencyKey', 'RateLimit']
    const rows = await Promise.all(
      tables.map((table) =>
        client.$queryRawUnsafe<{ row: string }[]>(`SELECT t::text AS row FROM "${table}" t`),
      ),
    )
    await close()
    const text = rows.flat().map(({ row }) => row)
    if (!('DATA_DIR' in database.env)) return text.join('\n')
    const folder = database.env.DATA_DIR
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    const bytes = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
    return [...text, ...bytes].join('\n')
  }
})
