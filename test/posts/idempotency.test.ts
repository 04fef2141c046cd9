// Retries of posts with an Idempotency-Key.
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase, freshServerDatabase, hasServer } from '../../harness/database.ts'
import { type ApiResponse, buildUser, call, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { openExisting } from '../database/support/opened.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

type Author = Pick<User, 'username' | 'token'>
const collection = ({ username }: Author) => `/api/users/${username}/collection`

function send(user: Author, key: string, json: unknown, target: { url: string } = service) {
  return call(target, 'POST', collection(user), {
    token: user.token,
    json,
    headers: { 'Idempotency-Key': key },
  })
}

const listed = async (user: Author, target: { url: string } = service) =>
  (await call(target, 'GET', `${collection(user)}?limit=100`)).body

/** The parts of a response that a retry must repeat. */
const seen = ({ status, headers, text }: ApiResponse) => ({
  status,
  text,
  location: headers.get('Location'),
  etag: headers.get('ETag'),
  type: headers.get('Content-Type'),
})

describe('Idempotency-Key', () => {
  it('repeats the first response with Idempotency-Replayed, and posts once', async () => {
    const alice = await buildUser(service)
    const key = randomUUID()
    const json = { text: 'Once! 🐇', referenced: alice.username }
    const first = await send(alice, key, json)
    expect(first).toMatchObject({ status: 201, body: { text: 'Once! 🐇', referenced: alice.username } })
    expect(first.headers.get('Idempotency-Replayed')).toBeNull()
    const second = await send(alice, key, json)
    expect(seen(second)).toEqual(seen(first))
    expect(second.headers.get('Idempotency-Replayed')).toBe('true')
    expect(second.headers.get('Location')).toBe(first.body.href)
    expect(await listed(alice)).toEqual([first.body])
  })

  it('counts one post and each replay', async () => {
    const alice = await buildUser(service)
    const key = randomUUID()
    const replayed = await growth(service, 'microposts_idempotency_replayed_total', {}, async () => {
      const created = await growth(service, 'microposts_post_created_total', {}, async () => {
        for (let i = 0; i < 3; i++) await send(alice, key, { text: 'x' })
        await send(alice, key, { text: 'other' })
      })
      expect(created).toBe(1)
    })
    expect(replayed).toBe(2)
    const profile = await call(service, 'GET', `/api/users/${alice.username}`)
    expect(profile.body.counts.posts).toBe(1)
  })

  it.each(['an edit', 'a deletion', 'a deletion of the referenced user'])(
    'repeats the first response also after %s',
    async (event) => {
      const alice = await buildUser(service)
      const bob = await buildUser(service)
      const key = randomUUID()
      const json = { text: 'first', referenced: bob.username }
      const first = await send(alice, key, json)
      const { token } = alice
      if (event === 'an edit')
        await call(service, 'PATCH', first.body.href, { token, json: { text: 'later' } })
      else if (event === 'a deletion') await call(service, 'DELETE', first.body.href, { token })
      else await call(service, 'DELETE', `/api/users/${bob.username}`, { token: bob.token })
      const second = await send(alice, key, json)
      expect(seen(second)).toEqual(seen(first))
      expect(second.headers.get('Idempotency-Replayed')).toBe('true')
      expect(await listed(alice)).toHaveLength(event === 'a deletion' ? 0 : 1)
    },
  )

  it('treats JSON and a form with the same content as equal, and ignores unknown fields', async () => {
    const alice = await buildUser(service)
    const key = randomUUID()
    const first = await send(alice, key, { referenced: null, text: '  same ', extra: 1 })
    const form = await call(service, 'POST', collection(alice), {
      token: alice.token,
      headers: { 'Idempotency-Key': key },
      body: new URLSearchParams({ text: 'same', referenced: '' }),
    })
    expect(seen(form)).toEqual(seen(first))
    expect(await listed(alice)).toHaveLength(1)
  })

  it('rejects a key that was used with different content, and keeps the first response', async () => {
    const alice = await buildUser(service)
    const key = randomUUID()
    const first = await send(alice, key, { text: 'first' })
    for (const json of [{ text: 'other' }, { text: 'first', referenced: alice.username }]) {
      expect(await send(alice, key, json)).toMatchObject({
        status: 422,
        body: { type: '/problems/idempotency-key-reused', status: 422 },
      })
    }
    expect(seen(await send(alice, key, { text: 'first' }))).toEqual(seen(first))
    expect(await listed(alice)).toEqual([first.body])
  })

  it('belongs to its user', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const key = randomUUID()
    await send(alice, key, { text: 'by alice' })
    const posted = await send(bob, key, { text: 'by bob' })
    expect(posted).toMatchObject({ status: 201, body: { user: bob.username, text: 'by bob' } })
    expect(await send({ ...alice, token: bob.token }, key, { text: 'by alice' })).toMatchObject({
      status: 403,
    })
    expect(await send({ ...alice, token: '' }, key, { text: 'by alice' })).toMatchObject({ status: 401 })
  })

  it('remains unused after a failed request', async () => {
    const alice = await buildUser(service)
    const key = randomUUID()
    expect(await send(alice, key, { text: '' })).toMatchObject({ status: 400 })
    expect(await send(alice, key, { text: 'x', referenced: 'nobody-here' })).toMatchObject({ status: 400 })
    const posted = await send(alice, key, { text: 'now' })
    expect(posted).toMatchObject({ status: 201, body: { text: 'now' } })
    expect(posted.headers.get('Idempotency-Replayed')).toBeNull()
  })

  it.each(['', 'a b', 'ä', 'x'.repeat(256)])('rejects %j, next to the other faults', async (key) => {
    const alice = await buildUser(service)
    expect(await send(alice, key, { text: '' })).toMatchObject({
      status: 400,
      body: {
        errors: [
          { pointer: '/text' },
          { header: 'Idempotency-Key', detail: 'must be 1 to 255 visible ASCII characters' },
        ],
      },
    })
    expect(await listed(alice)).toEqual([])
  })

  it.each(['x', `'";$1\\~!`.padEnd(255, '%')])('accepts %j', async (key) => {
    const alice = await buildUser(service)
    const first = await send(alice, key, { text: 'x' })
    expect(seen(await send(alice, key, { text: 'x' }))).toEqual(seen(first))
  })

  it('posts once for concurrent requests; the others get the same response or a conflict', async () => {
    const alice = await buildUser(service)
    const key = randomUUID()
    const responses = await Promise.all(Array.from({ length: 20 }, () => send(alice, key, { text: 'once' })))
    const first = responses.filter(
      ({ status, headers }) => status === 201 && !headers.has('Idempotency-Replayed'),
    )
    expect(first).toHaveLength(1)
    for (const response of responses) {
      if (response.status === 201) expect(response.text).toBe(first[0]?.text)
      else expect(response).toMatchObject({ status: 409, body: { type: '/problems/request-in-progress' } })
    }
    expect(await listed(alice)).toEqual([first[0]?.body])
    expect((await scrape(service)).sum('microposts_exception_total')).toBe(0)
  })
})

describe('an Idempotency-Key after a restart', () => {
  it('replays for 24 hours, and can then be used for another request', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const key = randomUUID()
    const before = await startService({ PUBLIC_URL: 'https://posts.example' }, database)
    const alice = await buildUser(before)
    const first = await send(alice, key, { text: 'one' }, before)
    await before.stop()

    await age(database, '23 hours 59 minutes')
    const within = await startService({ PUBLIC_URL: 'https://elsewhere.example' }, database)
    expect(seen(await send(alice, key, { text: 'one' }, within))).toEqual(seen(first))
    expect(await send(alice, key, { text: 'two' }, within)).toMatchObject({ status: 422 })
    await within.stop()

    await age(database, '2 minutes')
    const after = await startService({}, database)
    const second = await send(alice, key, { text: 'two' }, after)
    expect(second).toMatchObject({ status: 201, body: { text: 'two' } })
    expect(second.headers.get('Idempotency-Replayed')).toBeNull()
    expect(seen(await send(alice, key, { text: 'two' }, after))).toEqual(seen(second))
    expect(await listed(alice, after)).toHaveLength(2)
    await after.stop()
  })

  /** Makes every key older. No service may have the database open. */
  async function age(database: Awaited<ReturnType<typeof freshDatabase>>, by: string) {
    const { client, close } = await openExisting(database)
    await client.$executeRaw`UPDATE "IdempotencyKey" SET "createdAt" = "createdAt" - ${by}::interval`
    await close()
  }
})

describe.runIf(hasServer())('an Idempotency-Key in flight', () => {
  /** Two services on one database, and a connection that locks the row that every post of the user updates. */
  async function arrange() {
    const database = await freshServerDatabase()
    onTestFinished(() => database.drop())
    const one = await startService({}, database)
    onTestFinished(() => one.stop())
    const two = await startService({}, database)
    onTestFinished(() => two.stop())
    const alice = await buildUser(one)
    const locker = new Client({ connectionString: database.env.DATABASE_URL })
    await locker.connect()
    onTestFinished(() => locker.end())
    const waiting = (count: number) =>
      until(`${count} statements wait`, async () => {
        // Within a transaction, the view would otherwise keep its first snapshot.
        await locker.query('SELECT pg_stat_clear_snapshot()')
        const { rows } = await locker.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        return rows.length === count
      })
    await locker.query('BEGIN')
    await locker.query(`SELECT 1 FROM "User" WHERE "username" = $1 FOR UPDATE`, [alice.username])
    return { one, two, alice, waiting, release: () => locker.query('COMMIT') }
  }

  it('returns 409 immediately in the same process', async () => {
    const { one, alice, waiting, release } = await arrange()
    const key = randomUUID()
    const first = send(alice, key, { text: 'slow' }, one)
    await waiting(1)
    const second = await send(alice, key, { text: 'slow' }, one)
    expect(second).toMatchObject({
      status: 409,
      body: { type: '/problems/request-in-progress', status: 409 },
    })
    expect(second.headers.get('Retry-After')).toBe('1')
    await release()
    expect(await first).toMatchObject({ status: 201 })
    expect(seen(await send(alice, key, { text: 'slow' }, one))).toEqual(seen(await first))
    expect(await listed(alice, one)).toHaveLength(1)
  })

  it('waits for the first request in another process, and replays its response', async () => {
    const { one, two, alice, waiting, release } = await arrange()
    const key = randomUUID()
    const racing = [send(alice, key, { text: 'once' }, one), send(alice, key, { text: 'once' }, two)]
    await waiting(2)
    await release()
    const responses = await Promise.all(racing)
    const replayed = responses.map(({ headers }) => headers.get('Idempotency-Replayed'))
    expect(responses).toMatchObject([{ status: 201 }, { status: 201 }])
    expect(replayed.toSorted()).toEqual(['true', null].toSorted())
    // Including the links, which have the origin of the first request.
    expect(responses[0]?.text).toBe(responses[1]?.text)
    expect(await listed(alice, one)).toHaveLength(1)
  })

  it('rejects different content in a concurrent request', async () => {
    const { one, two, alice, waiting, release } = await arrange()
    const key = randomUUID()
    const racing = [send(alice, key, { text: 'this' }, one), send(alice, key, { text: 'that' }, two)]
    await waiting(2)
    await release()
    const statuses = (await Promise.all(racing)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([201, 422])
    expect(await listed(alice, one)).toHaveLength(1)
  })
})
