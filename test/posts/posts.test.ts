import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type Json, uniqueName } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const idPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const absentId = '019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10'

describe('POST /api/users/:username/collection', () => {
  const post = (user: { username: string; token?: string }, json: unknown) =>
    call(service, 'POST', `/api/users/${user.username}/collection`, { token: user.token, json })

  it('returns 201 with the post, its Location and its ETag', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const response = await post(alice, { text: '  Curiouser! 🐇 ', referenced: bob.username.toUpperCase() })
    expect(response).toMatchObject({ status: 201 })
    const { id } = response.body
    expect(response.body).toEqual({
      href: `${service.url}/api/users/${alice.username}/collection/${id}`,
      id: expect.stringMatching(idPattern),
      text: 'Curiouser! 🐇',
      referenced: bob.username,
      timestamp: expect.stringMatching(timePattern),
      user: alice.username,
      editedAt: null,
    })
    expect(Object.keys(response.body)).toEqual([
      'href',
      'id',
      'text',
      'referenced',
      'timestamp',
      'user',
      'editedAt',
    ])
    expect(response.headers.get('Location')).toBe(response.body.href)
    expect(response.headers.get('ETag')).toBe('"1"')
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    expect((await call(service, 'GET', response.body.href)).body).toEqual(response.body)
    const profile = await call(service, 'GET', `/api/users/${alice.username}`)
    expect(profile.body.counts).toEqual({ posts: 1, followers: 0, following: 0 })
  })

  it('accepts a form and uses the last value of a repeated field', async () => {
    const alice = await buildUser(service)
    const response = await call(service, 'POST', `/api/users/${alice.username}/collection`, {
      token: alice.token,
      body: new URLSearchParams([
        ['text', 'first'],
        ['text', 'last ü'],
        ['referenced', ''],
      ]),
    })
    expect(response).toMatchObject({ status: 201, body: { text: 'last ü', referenced: null } })
  })

  it.each([
    ['one code point', 'x'],
    ['255 code points beyond the BMP', '🐘'.repeat(255)],
    ['255 code points and white space around them', `\n ${'y'.repeat(255)}\u00a0 `],
  ])('accepts %s', async (_, text) => {
    const alice = await buildUser(service)
    expect(await post(alice, { text })).toMatchObject({ status: 201, body: { text: text.trim() } })
  })

  it.each([
    ['no text', {}, '/text', 'is required'],
    ['null as text', { text: null }, '/text', 'must be a string'],
    ['a number as text', { text: 5 }, '/text', 'must be a string'],
    ['blank text', { text: ' \n ' }, '/text', 'must not be blank'],
    ['text over 255 code points', { text: '🐘'.repeat(256) }, '/text', 'must have at most 255 characters'],
    ['NUL in text', { text: 'a\0b' }, '/text', 'must not contain NUL'],
    ['a lone surrogate in text', { text: 'a\ud800b' }, '/text', 'must not contain lone surrogates'],
    ['an unknown user', { text: 'x', referenced: 'nobody-is-called-so' }, '/referenced', 'No such user'],
    ['an invalid username', { text: 'x', referenced: 'a\0b' }, '/referenced', 'No such user'],
    ['an object as reference', { text: 'x', referenced: {} }, '/referenced', 'must be a string'],
  ])('rejects %s', async (_, json, pointer, detail) => {
    const alice = await buildUser(service)
    const response = await post(alice, json)
    expect(response).toMatchObject({
      status: 400,
      body: { type: '/problems/invalid-input', status: 400, errors: [{ pointer, detail }] },
    })
    const list = await call(service, 'GET', `/api/users/${alice.username}/collection`)
    expect(list.body).toEqual([])
  })

  it('reports every fault at once', async () => {
    const alice = await buildUser(service)
    const { body } = await post(alice, { text: '', referenced: 1 })
    expect(body.errors).toEqual([
      { pointer: '/text', detail: 'must not be blank' },
      { pointer: '/referenced', detail: 'must be a string' },
    ])
  })

  it('rejects a missing token, an invalid token and another user', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    expect(await post({ username: alice.username }, { text: 'x' })).toMatchObject({ status: 401 })
    expect(await post({ username: alice.username, token: 'invalid' }, { text: 'x' })).toMatchObject({
      status: 401,
    })
    expect(await post({ username: alice.username, token: bob.token }, { text: 'x' })).toMatchObject({
      status: 403,
    })
    // The response does not reveal whether the other user exists.
    expect(await post({ username: uniqueName(), token: bob.token }, { text: 'x' })).toMatchObject({
      status: 403,
    })
  })

  it('counts each stored post, by whether it references a user', async () => {
    const alice = await buildUser(service)
    const created = (referenced: string, work: () => Promise<unknown>) =>
      growth(service, 'microposts_post_created_total', { microposts_post_referenced: referenced }, work)
    expect(await created('false', () => post(alice, { text: 'x' }))).toBe(1)
    expect(await created('true', () => post(alice, { text: 'x', referenced: alice.username }))).toBe(1)
    expect(await created('false', () => post(alice, { text: '' }))).toBe(0)
    expect(await created('true', () => post(alice, { text: 'x', referenced: 'nobody-here' }))).toBe(0)
  })
})

describe('GET /api/users/:username/collection', () => {
  const path = (username: string) => `/api/users/${username}/collection`

  it('lists the posts of the user, newest first, regardless of the case of the name', async () => {
    const alice = await buildUser(service)
    const first = await buildPost(service, alice)
    const second = await buildPost(service, alice)
    const response = await call(service, 'GET', path(alice.username.toUpperCase()))
    expect(response).toMatchObject({ status: 200, body: [second, first] })
    expect(response.headers.get('Link')).toBeNull()
  })

  it('returns 404 for an unknown user and [] for a user without posts', async () => {
    const alice = await buildUser(service)
    expect(await call(service, 'GET', path(alice.username))).toMatchObject({ status: 200, body: [] })
    for (const username of [uniqueName(), 'a%00b', '%zz', 'x'.repeat(51)]) {
      expect(await call(service, 'GET', path(username))).toMatchObject({
        status: 404,
        body: { type: '/problems/not-found' },
      })
    }
  })

  it('follows the Link header without gaps or repeats while posts are created and deleted', async () => {
    const alice = await buildUser(service)
    const posts: Json[] = []
    for (let i = 0; i < 7; i++) posts.unshift(await buildPost(service, alice, { text: `number ${i}` }))
    const seen: string[] = []
    let next: string | undefined = `${path(alice.username)}?limit=3`
    while (next) {
      const response = await call(service, 'GET', next)
      seen.push(...response.body.map(({ id }: Json) => id))
      next = /^<(http[^>]*)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1]
      await buildPost(service, alice)
      const last = posts.find(({ id }) => id === seen.at(-1))
      await call(service, 'DELETE', last?.href ?? '', { token: alice.token })
    }
    expect(seen).toEqual(posts.map(({ id }) => id))
  })

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1e1', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=nonsense', 'cursor'],
    ['cursor=', 'cursor'],
  ])('rejects ?%s', async (query, parameter) => {
    const alice = await buildUser(service)
    const response = await call(service, 'GET', `${path(alice.username)}?${query}`)
    expect(response).toMatchObject({
      status: 400,
      body: { errors: [{ parameter, detail: expect.any(String) }] },
    })
  })
})

describe('GET /api/users/:username/collection/:id', () => {
  it('returns the post only under the name of its author', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const post = await buildPost(service, alice)
    const response = await call(service, 'GET', post.href)
    expect(response).toMatchObject({ status: 200, body: post })
    expect(response.headers.get('ETag')).toBe('"1"')
    expect(await call(service, 'GET', `/api/users/${bob.username}/collection/${post.id}`)).toMatchObject({
      status: 404,
    })
  })

  it.each([absentId, '1', '+1', '%00', absentId.replaceAll('-', '')])('returns 404 for %s', async (id) => {
    const alice = await buildUser(service)
    expect(await call(service, 'GET', `/api/users/${alice.username}/collection/${id}`)).toMatchObject({
      status: 404,
    })
  })

  it('returns 404 for the id in upper case', async () => {
    const alice = await buildUser(service)
    const { id } = await buildPost(service, alice)
    const path = `/api/users/${alice.username}/collection/${String(id).toUpperCase()}`
    expect(await call(service, 'GET', path)).toMatchObject({ status: 404 })
  })
})

describe('PUT and PATCH /api/users/:username/collection/:id', () => {
  it('replaces both fields with PUT, any field with PATCH, and keeps the timestamp', async () => {
    const alice = await buildUser(service)
    const post = await buildPost(service, alice, { text: 'one', referenced: alice.username })
    const patched = await call(service, 'PATCH', post.href, { token: alice.token, json: { text: 'two' } })
    expect(patched).toMatchObject({
      status: 200,
      body: { ...post, text: 'two', editedAt: expect.stringMatching(timePattern) },
    })
    expect(patched.headers.get('ETag')).toBe('"2"')
    const put = await call(service, 'PUT', post.href, { token: alice.token, json: { text: 'three' } })
    expect(put.body).toMatchObject({ text: 'three', referenced: null, timestamp: post.timestamp })
    const cleared = await call(service, 'PATCH', post.href, {
      token: alice.token,
      json: { referenced: alice.username.toUpperCase() },
    })
    expect(cleared.body).toMatchObject({ text: 'three', referenced: alice.username })
    expect((await call(service, 'GET', post.href)).body).toEqual(cleared.body)
  })

  it('keeps a post as it is if nothing changes, and counts no edit', async () => {
    const alice = await buildUser(service)
    const post = await buildPost(service, alice, { text: 'same', referenced: alice.username })
    const edited = (work: () => Promise<unknown>) => growth(service, 'microposts_post_edited_total', {}, work)
    const same = { token: alice.token, json: { text: ' same ', referenced: alice.username } }
    expect(await edited(() => call(service, 'PUT', post.href, same))).toBe(0)
    expect(await edited(() => call(service, 'PATCH', post.href, { ...same, json: {} }))).toBe(0)
    expect((await call(service, 'GET', post.href)).body).toEqual(post)
    expect(await edited(() => call(service, 'PATCH', post.href, { ...same, json: { text: 'new' } }))).toBe(1)
  })

  it.each(['PUT', 'PATCH'])(
    '%s rejects invalid input, another user, a missing post and a missing token',
    async (method) => {
      const alice = await buildUser(service)
      const bob = await buildUser(service)
      const { href } = await buildPost(service, alice)
      const missing = String(href).replace(/[^/]+$/, absentId)
      const { token } = alice
      const json = { text: 'x' }
      expect(await call(service, method, href, { token, json: { text: '' } })).toMatchObject({ status: 400 })
      expect(await call(service, method, href, { token: bob.token, json })).toMatchObject({ status: 403 })
      expect(await call(service, method, href, { json })).toMatchObject({ status: 401 })
      expect(await call(service, method, missing, { token, json })).toMatchObject({ status: 404 })
      // The input is validated before the post is looked up.
      expect(await call(service, method, missing, { token, json: { text: '' } })).toMatchObject({
        status: 400,
      })
    },
  )
})

describe('a body with several faults', () => {
  it.each(['POST', 'PUT', 'PATCH'])('%s reports an unknown user next to format errors', async (method) => {
    const alice = await buildUser(service)
    const { href } = await buildPost(service, alice)
    const path = method === 'POST' ? `/api/users/${alice.username}/collection` : href
    const { token } = alice
    const send = (json: object, headers = {}) => call(service, method, path, { token, json, headers })
    const blank = { pointer: '/text', detail: 'must not be blank' }
    const unknown = { pointer: '/referenced', detail: 'No such user' }

    const both = await send({ text: ' ', referenced: uniqueName() })
    expect(both).toMatchObject({ status: 400, body: { errors: [blank, unknown] } })
    expect((await send({ text: ' ', referenced: alice.username })).body.errors).toEqual([blank])
    expect((await send({ text: ' ', referenced: 'a\0b' })).body.errors).toEqual([blank, unknown])
    expect((await send({ text: ' ' })).body.errors).toEqual([blank])

    const header = method === 'POST' ? 'Idempotency-Key' : 'If-Match'
    const inHeader = { header, detail: expect.any(String) }
    const withHeader = await send({ text: 'x', referenced: uniqueName() }, { [header]: 'a b' })
    expect(withHeader.body.errors).toEqual([unknown, inHeader])
  })
})

describe('DELETE /api/users/:username/collection/:id', () => {
  it('returns 204, then 404, and updates list, count and metrics', async () => {
    const alice = await buildUser(service)
    const { href } = await buildPost(service, alice)
    const { token } = alice
    const deleted = await growth(service, 'microposts_post_deleted_total', {}, async () => {
      const first = await call(service, 'DELETE', href, { token })
      expect(first).toMatchObject({ status: 204, text: '' })
      expect(first.headers.get('Content-Type')).toBeNull()
      expect(await call(service, 'DELETE', href, { token })).toMatchObject({ status: 404 })
    })
    expect(deleted).toBe(1)
    expect((await call(service, 'GET', `/api/users/${alice.username}`)).body.counts.posts).toBe(0)
    expect((await call(service, 'GET', `/api/users/${alice.username}/collection`)).body).toEqual([])
  })

  it('rejects another user and a missing token', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const { href } = await buildPost(service, alice)
    expect(await call(service, 'DELETE', href, { token: bob.token })).toMatchObject({ status: 403 })
    expect(await call(service, 'DELETE', href)).toMatchObject({ status: 401 })
    expect(await call(service, 'GET', href)).toMatchObject({ status: 200 })
  })
})

describe('counts', () => {
  it('equal the number of rows after concurrent writes', async () => {
    const alice = await buildUser(service)
    await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        const post = await buildPost(service, alice)
        if (i % 3 === 0) await call(service, 'DELETE', post.href, { token: alice.token })
      }),
    )
    const { body } = await call(service, 'GET', `/api/users/${alice.username}`)
    const list = await call(service, 'GET', `/api/users/${alice.username}/collection?limit=100`)
    expect(list.body).toHaveLength(16)
    expect(body.counts.posts).toBe(16)
    expect((await scrape(service)).sum('microposts_exception_total')).toBe(0)
  })
})
