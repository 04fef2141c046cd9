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
const isLive = async (token: string) => (await list(token)).status === 200

describe('POST /api/login', () => {
  it('answers a token, its end and the user, for nobody to store', async () => {
    const alice = await buildUser(service, { displayName: 'Alice' })
    const before = Date.now()
    const answer = await login({ ...alice, username: alice.username.toUpperCase() })
    expect(answer).toMatchObject({ status: 200 })
    const profile = await call(service, 'GET', `/api/users/${alice.username}`)
    expect(answer.body).toEqual({
      token: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: expect.stringMatching(timePattern),
      user: profile.body,
    })
    const lifeMs = Date.parse(answer.body.expiresAt) - before
    expect(Math.round(lifeMs / dayMs)).toBe(30)
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(answer.headers.get('Set-Cookie')).toBeNull()
    expect(await isLive(answer.body.token)).toBe(true)
  })

  it('takes a form, and starts a session of its own each time', async () => {
    const { username, password, token } = await buildUser(service)
    const body = new URLSearchParams({ username, password })
    const answer = await login({ username, password }, { json: undefined, body })
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body.token).not.toBe(token)
    expect((await list(token)).body).toHaveLength(2)
  })

  it('answers an unknown user and a wrong password with the same in body and headers', async () => {
    const alice = await buildUser(service)
    const wrong = await login({ ...alice, password: 'not the right one' })
    const unknown = await login({ username: uniqueName(), password: alice.password })
    expect(wrong).toMatchObject({ status: 401, body: { type: '/problems/wrong-credentials', status: 401 } })
    expect(wrong.headers.get('WWW-Authenticate')).toBe('Bearer')
    expect(comparable(unknown)).toEqual(comparable(wrong))
  })

  /** Without what is another for every request. */
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
    // CPU time does not depend on the load of the machine. Without a hash, a login takes a tenth of it at most.
    expect(unknown).toBeGreaterThan(wrong / 2)
    expect(wrong).toBeGreaterThan(unknown / 2)
  })

  it.each(['', ' ', 'a\0b', '🐇', '\ud800', 'x'.repeat(10_000)])(
    'takes %j for a name of nobody',
    async (username) => {
      expect(await login({ username, password: 'x' })).toMatchObject({ status: 401 })
      expect(await login({ username: uniqueName(), password: username })).toMatchObject({ status: 401 })
    },
  )

  it('checks the types and nothing else', async () => {
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
    'Bearer dead',
    'Bearer a b',
    'Bearer ä',
    'Basic YWxpY2U6eA==',
    'dead',
    `Bearer ${'x'.repeat(8000)}`,
  ])('%j is refused under /api, where anyone may read too', async (Authorization) => {
    for (const path of ['/api/sessions', '/api/users']) {
      const answer = await call(service, 'GET', path, { headers: { Authorization } })
      expect(answer).toMatchObject({ status: 401, body: { type: '/problems/unauthenticated' } })
      expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Bearer/)
    }
  })

  it('takes the scheme in any case, and is not looked at elsewhere', async () => {
    const { token } = await buildUser(service)
    const headers = { Authorization: `bEARER  ${token}` }
    expect(await call(service, 'GET', '/api/sessions', { headers })).toMatchObject({ status: 200 })
    expect(await call(service, 'GET', '/livez', { token: 'dead' })).toMatchObject({ status: 200 })
  })
})

describe('POST /api/logout', () => {
  it('kills the token at once, and no other', async () => {
    const alice = await buildUser(service)
    const { token } = (await login(alice)).body
    const answer = await call(service, 'POST', '/api/logout', { token })
    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(await isLive(token)).toBe(false)
    expect(await call(service, 'POST', '/api/logout', { token })).toMatchObject({ status: 401 })
    expect((await list(alice.token)).body).toHaveLength(1)
  })

  it('answers 204 or 401 to many at once, and needs a token', async () => {
    const { token } = await buildUser(service)
    const logouts = Array.from({ length: 8 }, () => call(service, 'POST', '/api/logout', { token }))
    for (const { status } of await Promise.all(logouts)) expect([204, 401]).toContain(status)
    expect(await call(service, 'POST', '/api/logout')).toMatchObject({ status: 401 })
  })
})

describe('GET /api/sessions', () => {
  it('lists all live sessions of the user, the newest first, and which one asks', async () => {
    const alice = await buildUser(service)
    await buildUser(service)
    const { token: second } = (await login(alice)).body
    const answer = await list(alice.token)
    expect(answer).toMatchObject({ status: 200 })
    const session = {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.stringMatching(timePattern),
      lastUsedAt: expect.stringMatching(timePattern),
      expiresAt: expect.stringMatching(timePattern),
    }
    expect(answer.body).toEqual([
      { ...session, current: false },
      { ...session, current: true },
    ])
    expect(answer.body[0].createdAt >= answer.body[1].createdAt).toBe(true)
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    const current = (await list(second)).body.map(({ current }: Json) => current)
    expect(current).toEqual([true, false])
    expect(await list()).toMatchObject({ status: 401 })
  })

  it('has no page: it lists them all', async () => {
    const alice = await buildUser(service)
    for (let i = 0; i < 24; i++) await login(alice)
    const answer = await call(service, 'GET', '/api/sessions?limit=2', { token: alice.token })
    expect(answer.body).toHaveLength(25)
  })
})

describe('DELETE /api/sessions/:id', () => {
  it('ends another session of the own, or this one', async () => {
    const alice = await buildUser(service)
    const { token: second } = (await login(alice)).body
    const [newer, own] = (await list(alice.token)).body
    expect(await end(newer.id, alice.token)).toMatchObject({ status: 204, text: '' })
    expect(await isLive(second)).toBe(false)
    expect(await end(newer.id, alice.token)).toMatchObject({ status: 404 })
    expect(await end(own.id, alice.token)).toMatchObject({ status: 204 })
    expect(await isLive(alice.token)).toBe(false)
  })

  it('answers 404 for what is not the own, and ends nothing', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const [his] = (await list(bob.token)).body
    for (const id of [his.id, absentId, 'x', '1', his.id.toUpperCase(), '%00']) {
      expect(await end(id, alice.token)).toMatchObject({ status: 404, body: { type: '/problems/not-found' } })
    }
    expect(await end(his.id)).toMatchObject({ status: 401 })
    expect(await isLive(bob.token)).toBe(true)
  })
})

describe('SESSION_TTL', () => {
  it('ends a session: its token is refused and it is in no list', async () => {
    const short = await startService({ SESSION_TTL: '2s' })
    onTestFinished(() => short.stop())
    const alice = await buildUser(short)
    const [first] = (await list(alice.token, short)).body
    expect(Date.parse(first.expiresAt) - Date.parse(first.createdAt)).toBe(2000)
    await until('the token is refused', async () => (await list(alice.token, short)).status === 401)
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(first.expiresAt))
    const again = await call(short, 'POST', '/api/login', { json: alice })
    const sessions = (await list(again.body.token, short)).body
    expect(sessions).toMatchObject([{ current: true }])
    expect(sessions[0].id).not.toBe(first.id)
  })

  it('is from the login: an earlier session keeps its end', async () => {
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

describe('what has expired', () => {
  it('is deleted: sessions, keys and counts, and nothing else', async () => {
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
    const aged = await openExisting(database)
    const past = new Date(Date.now() - dayMs - 1)
    const user = { username: alice.username }
    await aged.client.session.updateMany({ where: { user }, data: { expiresAt: past } })
    await aged.client.idempotencyKey.updateMany({ where: { user }, data: { createdAt: past } })
    await aged.client.rateLimit.createMany({
      data: [
        { key: 'over', points: 1, expire: Date.now() - 1 },
        { key: 'open', points: 1, expire: Date.now() + dayMs },
      ],
    })
    await aged.close()

    const second = await startService({}, database)
    const done = { db_operation_name: 'DELETE', db_collection_name: 'RateLimit' }
    await until('the last table is done', async () => {
      return (await scrape(second)).sum('db_client_operation_duration_seconds_count', done) > 0
    })
    await second.stop()

    const left = await openExisting(database)
    onTestFinished(() => left.close())
    const select = { user: { select: { username: true } } }
    const his = [{ user: { username: bob.username } }]
    expect(await left.client.session.findMany({ select })).toEqual(his)
    expect(await left.client.idempotencyKey.findMany({ select })).toEqual(his)
    expect(await left.client.rateLimit.findMany({ select: { key: true } })).toEqual([{ key: 'open' }])
    expect(await left.client.post.count()).toBe(2)
  })
})

describe('secrets', () => {
  it('are in no line of the log and no byte of the database', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const limits = { RATE_LIMIT_LOGIN: '30', RATE_LIMIT_SIGNUP: '5', RATE_LIMIT_POSTS: '80' }
    const traced = await startService({ LOG_LEVEL: 'trace', ...limits }, database)
    const alice = await buildUser(traced, { password: 'the first secret' })
    const attempt = (json: unknown) => call(traced, 'POST', '/api/login', { json })
    const { token: second } = (await attempt({ username: alice.username, password: 'the first secret' })).body
    await attempt({ username: alice.username, password: 'a mistyped secret' })
    // In the wrong field.
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

  /** Every row of every table as text and, of the embedded database, every byte of its files. */
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
