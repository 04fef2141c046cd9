import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { buildUser, call, type Json, type User, uniqueName } from '../../harness/http/client.ts'
import { silentLog } from '../../harness/log.ts'
import { openQuietly } from '../../harness/open-database.ts'
import { type Service, startService } from '../../harness/service.ts'
import { unrecordedMetrics } from '../../harness/telemetry/metrics.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'
import { createAccounts } from '../../src/accounts/service.ts'
import type { Query } from '../../src/database/query.ts'
import { createFollows } from '../../src/follows/service.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const following = ({ username }: { username: string }) => `/api/users/${username}/following`
const follow = ({ username, token }: User, other: { username: string }) =>
  call(service, 'PUT', `${following({ username })}/${other.username}`, { token })
const unfollow = ({ username, token }: User, other: { username: string }) =>
  call(service, 'DELETE', `${following({ username })}/${other.username}`, { token })
const profile = async ({ username }: User) => (await call(service, 'GET', `/api/users/${username}`)).body
const names = async (path: string) =>
  (await call(service, 'GET', path)).body.map((user: Json) => user.username)

describe('PUT and DELETE /api/users/:username/following/:other', () => {
  it('follow and unfollow a user once, and update both counts', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const created = await growth(service, 'microposts_follow_created_total', {}, async () => {
      expect(await follow(alice, bob)).toMatchObject({ status: 204, text: '' })
      expect(await follow(alice, { username: bob.username.toUpperCase() })).toMatchObject({ status: 204 })
    })
    expect(created).toBe(1)
    expect((await profile(alice)).counts).toEqual({ posts: 0, followers: 0, following: 1 })
    expect((await profile(bob)).counts).toEqual({ posts: 0, followers: 1, following: 0 })
    expect(await names(following(alice))).toEqual([bob.username])
    expect(await names(`/api/users/${bob.username}/followers`)).toEqual([alice.username])
    const deleted = await growth(service, 'microposts_follow_deleted_total', {}, async () => {
      expect(await unfollow(alice, bob)).toMatchObject({ status: 204, text: '' })
      expect(await unfollow(alice, bob)).toMatchObject({ status: 204 })
    })
    expect(deleted).toBe(1)
    expect((await profile(bob)).counts.followers).toBe(0)
    expect(await names(following(alice))).toEqual([])
  })

  it.each(['PUT', 'DELETE'])(
    '%s rejects a missing token, another user and an unknown user',
    async (method) => {
      const [alice, bob] = [await buildUser(service), await buildUser(service)]
      const path = `${following(alice)}/${bob.username}`
      expect(await call(service, method, path)).toMatchObject({ status: 401 })
      expect(await call(service, method, path, { token: bob.token })).toMatchObject({ status: 403 })
      for (const other of [uniqueName(), 'a%00b']) {
        const response = await call(service, method, `${following(alice)}/${other}`, { token: alice.token })
        expect(response).toMatchObject({ status: 404 })
      }
    },
  )

  it('reject following yourself', async () => {
    const alice = await buildUser(service)
    expect(await follow(alice, { username: alice.username.toUpperCase() })).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: 'other', detail: 'You cannot follow yourself' }] },
    })
  })
})

describe('POST /api/users/:username/following', () => {
  it('returns the followed user: 201 for a new follow, 200 for an existing one', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const options = { token: alice.token, json: { username: bob.username.toUpperCase() } }
    const first = await call(service, 'POST', following(alice), options)
    expect(first).toMatchObject({ status: 201, body: await profile(bob) })
    expect(first.body.counts.followers).toBe(1)
    expect(first.headers.get('Location')).toBe(first.body.href)
    expect(await call(service, 'POST', following(alice), options)).toMatchObject({
      status: 200,
      body: first.body,
    })
  })

  it('rejects following yourself, an unknown user, an invalid name, a missing token and another user', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const post = (json: object, token: string | undefined = alice.token) =>
      call(service, 'POST', following(alice), { token, json })
    const fault = (detail: string) => ({ status: 400, body: { errors: [{ pointer: '/username', detail }] } })
    expect(await post({ username: alice.username })).toMatchObject(fault('You cannot follow yourself'))
    expect(await post({ username: uniqueName() })).toMatchObject(fault('No such user'))
    expect(await post({ username: 'a\0b' })).toMatchObject(fault('No such user'))
    expect(await post({})).toMatchObject(fault('is required'))
    expect(await post({ username: bob.username }, bob.token)).toMatchObject({ status: 403 })
    expect(await call(service, 'POST', following(alice), { json: { username: bob.username } })).toMatchObject(
      {
        status: 401,
      },
    )
  })
})

describe('GET following and followers', () => {
  it('are paginated, newest follow first, regardless of the age of the users', async () => {
    const [alice, bob, carol, dave] = await Promise.all([1, 2, 3, 4].map(() => buildUser(service)))
    if (!alice || !bob || !carol || !dave) throw new Error('four users')
    for (const other of [dave, bob, carol]) await follow(alice, other)
    const first = await call(service, 'GET', `${following(alice)}?limit=2`)
    expect(first.body.map((user: Json) => user.username)).toEqual([carol.username, bob.username])
    const next = /<([^>]*)>/.exec(first.headers.get('Link') ?? '')?.[1] ?? ''
    const second = await call(service, 'GET', next)
    expect(second.body).toEqual([await profile(dave)])
    expect(second.headers.get('Link')).toBeNull()
  })

  it('return only one user if the query names one, in any case', async () => {
    const [alice, bob, carol] = await Promise.all([1, 2, 3].map(() => buildUser(service)))
    if (!alice || !bob || !carol) throw new Error('three users')
    await follow(alice, bob)
    await follow(carol, bob)
    await follow(alice, carol)
    const followers = `/api/users/${bob.username}/followers`
    expect(await names(`${following(alice)}?user=${bob.username.toUpperCase()}`)).toEqual([bob.username])
    expect(await names(`${followers}?user=${alice.username}`)).toEqual([alice.username])
    expect(await names(`${following(carol)}?user=${alice.username}`)).toEqual([])
    expect(await names(`${following(alice)}?user=${uniqueName()}`)).toEqual([])
    expect(await call(service, 'GET', `${following(alice)}?user=a%00b`)).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: 'user', detail: expect.any(String) }] },
    })
  })

  it('return 404 for an unknown user', async () => {
    for (const list of ['following', 'followers']) {
      expect(await call(service, 'GET', `/api/users/${uniqueName()}/${list}`)).toMatchObject({ status: 404 })
    }
  })
})

describe('counts', () => {
  it('equal the number of rows after concurrent follows, unfollows and deletions of users', async () => {
    const users = await Promise.all(Array.from({ length: 6 }, () => buildUser(service)))
    const before = await scrape(service)
    const pairs = users.flatMap((user) =>
      users.filter((other) => other !== user).map((other) => ({ user, other })),
    )
    const statuses = await Promise.all([
      ...[...pairs, ...pairs].map(({ user, other }) => follow(user, other)),
      ...pairs.filter((_, i) => i % 3 === 0).map(({ user, other }) => unfollow(user, other)),
      ...users
        .slice(0, 2)
        .map(({ username, token }) => call(service, 'DELETE', `/api/users/${username}`, { token })),
    ])
    // A deleted user gets 401; a request that names a deleted user gets 404.
    expect(statuses.filter(({ status }) => ![204, 401, 403, 404].includes(status))).toEqual([])

    let rows = 0
    for (const user of users.slice(2)) {
      const { counts } = await profile(user)
      const followees = await names(`${following(user)}?limit=100`)
      const followers = await names(`/api/users/${user.username}/followers?limit=100`)
      expect(counts).toEqual({ posts: 0, followers: followers.length, following: followees.length })
      rows += followees.length
    }
    const after = await scrape(service)
    const moved = (name: string) => after.sum(name) - before.sum(name)
    expect(moved('microposts_follow_created_total') - moved('microposts_follow_deleted_total')).toBe(rows)
    expect(moved('microposts_exception_total')).toBe(0)
  })
})

it('reports a follow whose followed user is deleted right after it', async () => {
  const temporary = await freshDatabase()
  const database = await openQuietly(temporary.env)
  onTestFinished(async () => {
    await database.close()
    await temporary.drop()
  })
  const metrics = unrecordedMetrics()
  const { register } = createAccounts({ db: database.client, query: database.query, metrics, log: silentLog })
  const password = 'correct horse battery'
  const [alice, bob] = [
    await register({ username: 'alice', password }),
    await register({ username: 'bob', password }),
  ]
  const query: Query = async <Row extends object>(strings: readonly string[], ...values: unknown[]) => {
    const rows = await database.query<Row>(strings, ...values)
    if (strings.join().includes('INSERT INTO "Follow"'))
      await database.query`DELETE FROM "User" WHERE "id" = ${bob.id}::uuid`
    return rows
  }
  const viewer = { userId: alice.id, username: 'alice', usernameKey: 'alice', sessionId: '' }

  const followed = createFollows({ query, metrics }).followNamed(viewer, 'bob')
  await expect(followed).resolves.toMatchObject({ created: true, user: { username: 'bob' } })
})
