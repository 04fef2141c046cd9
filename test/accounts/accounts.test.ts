import { dictionary } from '@zxcvbn-ts/language-common'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  buildPost,
  buildUser,
  call,
  type Json,
  type RequestOptions,
  type User,
  uniqueName,
} from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(async () => {
  expect((await scrape(service)).sum('microposts_exception_total')).toBe(0)
  await service.stop()
})

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const password = 'correct horse battery'

const signUp = (json: unknown, options: RequestOptions = {}) =>
  call(service, 'POST', '/api/users', { json, ...options })
const read = (username: string) => call(service, 'GET', `/api/users/${username}`)
const change = ({ username, token }: Partial<User>, json: unknown) =>
  call(service, 'PATCH', `/api/users/${username}`, { token, json })
const remove = ({ username, token }: Partial<User>) =>
  call(service, 'DELETE', `/api/users/${username}`, { token })
const login = (username: string, secret: string) =>
  call(service, 'POST', '/api/login', { json: { username, password: secret } })
const isActive = async (token: string) =>
  (await call(service, 'GET', '/api/sessions', { token })).status === 200

describe('POST /api/users', () => {
  it('returns 201 with the user and its Location, without any secret', async () => {
    const username = uniqueName()
    const json = { username, password, displayName: '  Alice 🐇 ', bio: 'Down\nthe hole.' }
    const response = await signUp(json)
    expect(response).toMatchObject({ status: 201 })
    expect(response.body).toEqual({
      href: `${service.url}/api/users/${username}`,
      username,
      displayName: 'Alice 🐇',
      bio: 'Down\nthe hole.',
      createdAt: expect.stringMatching(timePattern),
      counts: { posts: 0, followers: 0, following: 0 },
    })
    expect(response.headers.get('Location')).toBe(response.body.href)
    expect(response.headers.get('Set-Cookie')).toBeNull()
    expect((await read(username)).text).toBe(response.text)
  })

  it.each([
    ['null', { displayName: null, bio: null }],
    ['empty', { displayName: '', bio: '  ' }],
    ['absent', {}],
  ])('stores null for %s fields', async (_, fields) => {
    const response = await signUp({ username: uniqueName(), password, ...fields })
    expect(response).toMatchObject({ status: 201, body: { displayName: null, bio: null } })
  })

  it('accepts a form and ignores unknown fields', async () => {
    const username = uniqueName()
    const fields = { username, password, displayName: '', id: '1', createdAt: '2000', passwordHash: 'x' }
    const response = await signUp(undefined, { body: new URLSearchParams(fields) })
    expect(response).toMatchObject({ status: 201, body: { username, displayName: null } })
    expect(response.body.createdAt).toMatch(timePattern)
    expect(response.body.createdAt).not.toMatch(/^2000/)
  })

  it('accepts the maximum length of every field, in code points', async () => {
    const longest = {
      username: uniqueName().padEnd(50, '-._'),
      password: '🐘'.repeat(128),
      displayName: '🐘'.repeat(100),
      bio: '🐘'.repeat(500),
    }
    const { password: secret, ...shown } = longest
    expect(await signUp(longest)).toMatchObject({ status: 201, body: shown })
    expect(await login(longest.username, secret)).toMatchObject({ status: 200 })
  })

  const characters = 'must be 1 to 50 characters of A-Z a-z 0-9 _ . - with at least one letter or digit'
  it.each([
    ['no username', { username: undefined }, '/username', 'is required'],
    ['a number as username', { username: 5 }, '/username', 'must be a string'],
    ['an empty username', { username: '' }, '/username', characters],
    ['a username without letter or digit', { username: '_.-' }, '/username', characters],
    ['a username over 50', { username: 'x'.repeat(51) }, '/username', characters],
    ['a space in the username', { username: 'a b' }, '/username', characters],
    ['another script in the username', { username: 'жук' }, '/username', characters],
    ['a line break after the username', { username: 'a\n' }, '/username', characters],
    ['no password', { password: undefined }, '/password', 'is required'],
    ['null as password', { password: null }, '/password', 'must be a string'],
    ['7 code points', { password: '🐘'.repeat(7) }, '/password', 'must have at least 8 characters'],
    ['129 code points', { password: 'x'.repeat(129) }, '/password', 'must have at most 128 characters'],
    ['NUL in the password', { password: 'long enough\0' }, '/password', 'must not contain NUL'],
    ['a lone surrogate', { password: 'long enough\ud800' }, '/password', 'must not contain lone surrogates'],
    ['a common password', { password: '12345678' }, '/password', 'is one of the most common passwords'],
    [
      'a common password in capitals',
      { password: 'PASSWORD' },
      '/password',
      'is one of the most common passwords',
    ],
    ['a long name', { displayName: 'x'.repeat(101) }, '/displayName', 'must have at most 100 characters'],
    ['NUL in the name', { displayName: 'a\0b' }, '/displayName', 'must not contain NUL'],
    ['an object as name', { displayName: {} }, '/displayName', 'must be a string'],
    ['a long bio', { bio: '🐘'.repeat(501) }, '/bio', 'must have at most 500 characters'],
    ['a lone surrogate in the bio', { bio: '\udc00' }, '/bio', 'must not contain lone surrogates'],
  ])('rejects %s', async (_, fields, pointer, detail) => {
    const username = uniqueName()
    const response = await signUp({ username, password, ...fields })
    expect(response).toMatchObject({
      status: 400,
      body: { type: '/problems/invalid-input', errors: [{ pointer, detail }] },
    })
    expect(await read(username)).toMatchObject({ status: 404 })
  })

  it.each([
    ['the username', (username: string) => username],
    ['the username with digits and in capitals', (username: string) => `${username.toUpperCase()}_2026!`],
    ['the username twice', (username: string) => `${username}${username}`],
    ['the name of the service', () => 'MicroPosts!1'],
  ])('rejects %s as password, also a new one', async (_, build) => {
    const detail = 'must be more than the username or the name of this service'
    const rejected = { status: 400, body: { errors: [{ pointer: '/password', detail }] } }
    const username = uniqueName()
    expect(await signUp({ username, password: build(username) })).toMatchObject(rejected)
    const alice = await buildUser(service)
    const change = { password: build(alice.username), currentPassword: alice.password }
    const path = `/api/users/${alice.username}`
    expect(await call(service, 'PATCH', path, { token: alice.token, json: change })).toMatchObject(rejected)
    expect(await login(alice.username, alice.password)).toMatchObject({ status: 200 })
  })

  it('accepts a password that contains a name among other words', async () => {
    const username = uniqueName()
    const password = `${username} writes microposts`
    expect(await signUp({ username, password })).toMatchObject({ status: 201 })
    expect(await signUp({ username: uniqueName().slice(0, 2), password: '40187263951' })).toMatchObject({
      status: 201,
    })
  })

  it('takes the password exactly as it is sent', async () => {
    const username = uniqueName()
    const exact = ` Ünïcode ${'x'.repeat(117)}Y `
    expect(exact.length).toBe(128)
    expect(await signUp({ username, password: exact })).toMatchObject({ status: 201 })
    expect(await login(username, exact)).toMatchObject({ status: 200 })
    for (const other of [
      exact.trim(),
      exact.toLowerCase(),
      exact.slice(0, -1),
      exact.normalize('NFD'),
      `${exact} `,
    ])
      expect(await login(username, other)).toMatchObject({ status: 401 })
  })

  it('rejects the 3,000 most common passwords that are long enough', async () => {
    const listed = dictionary['passwords-common'].filter((text) => text.length >= 8).slice(0, 3000)
    const sample = listed.filter((_, i) => i % 10 === 0 || i === 2999)
    const responses = await Promise.all(
      sample.map((common) => signUp({ username: uniqueName(), password: common })),
    )
    expect(responses.length).toBe(301)
    for (const { body } of responses)
      expect(body.errors).toEqual([{ pointer: '/password', detail: 'is one of the most common passwords' }])
  })

  it('reports every fault at once', async () => {
    const response = await signUp({ username: '!', password: 'short', displayName: 1, bio: false })
    const pointers = response.body.errors.map(({ pointer }: Json) => pointer)
    expect(pointers).toEqual(['/username', '/password', '/displayName', '/bio'])
    const named = await signUp({ username: 'microposts', password: 'microposts1', bio: false })
    expect(named.body.errors.map(({ pointer }: Json) => pointer)).toEqual(['/bio', '/password'])
  })

  it('rejects a username that is taken, regardless of case', async () => {
    const { username } = await buildUser(service)
    for (const taken of [username, username.toUpperCase()]) {
      expect(await signUp({ username: taken, password })).toMatchObject({
        status: 409,
        body: { type: '/problems/username-taken', detail: `Username ${taken} is taken.` },
      })
    }
  })

  it('registers a username once among concurrent requests, and counts one', async () => {
    const username = uniqueName()
    const names = Array.from({ length: 6 }, (_, i) => (i % 2 ? username : username.toUpperCase()))
    const registered = await growth(service, 'microposts_user_registered_total', {}, async () => {
      const responses = await Promise.all(names.map((name) => signUp({ username: name, password })))
      expect(responses.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409, 409, 409])
    })
    expect(registered).toBe(1)
  })
})

describe('GET /api/users', () => {
  it('lists users in pages, newest first', async () => {
    const [first, second, third] = [
      await buildUser(service),
      await buildUser(service),
      await buildUser(service),
    ]
    const page = await call(service, 'GET', '/api/users?limit=2')
    expect(page.body.map(({ username }: Json) => username)).toEqual([third.username, second.username])
    expect(page.body[0]).toEqual((await read(third.username)).body)
    const next = /^<([^>]*)>; rel="next"$/.exec(page.headers.get('Link') ?? '')?.[1] ?? ''
    const rest = await call(service, 'GET', next)
    expect(rest.body[0].username).toBe(first.username)
  })
})

describe('GET /api/users/:username', () => {
  it('finds the username regardless of case, also for HEAD', async () => {
    const { username } = await buildUser(service)
    expect(await read(username.toUpperCase())).toMatchObject({ status: 200, body: { username } })
    const head = await call(service, 'HEAD', `/api/users/${username}`)
    expect(head).toMatchObject({ status: 200, text: '' })
  })

  it.each(['nobody-is-called-so', 'a%00b', '%F0%9F%90%87', 'a%20b', '_'])(
    'returns 404 for %s',
    async (name) => {
      expect(await read(name)).toMatchObject({ status: 404, body: { type: '/problems/not-found' } })
    },
  )
})

describe('PATCH /api/users/:username', () => {
  it('changes the given fields, from JSON or a form; null and empty text clear them', async () => {
    const alice = await buildUser(service, { displayName: 'Alice', bio: 'Here.' })
    expect((await change(alice, { bio: ' There. ' })).body).toMatchObject({
      displayName: 'Alice',
      bio: 'There.',
    })
    const form = await call(service, 'PATCH', `/api/users/${alice.username}`, {
      token: alice.token,
      body: new URLSearchParams({ displayName: '' }),
    })
    expect(form).toMatchObject({ status: 200, body: { displayName: null, bio: 'There.' } })
    expect((await change(alice, { bio: null })).body).toMatchObject({ displayName: null, bio: null })
    const last = await change(alice, { username: 'other', counts: { posts: 9 } })
    expect(last).toMatchObject({ status: 200, body: { username: alice.username, counts: { posts: 0 } } })
    expect((await read(alice.username)).body).toEqual(last.body)
  })

  it('rejects invalid input, requests without a token and other users, existing or not', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    expect(await change(alice, { bio: 5, displayName: 'x'.repeat(101) })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/displayName' }, { pointer: '/bio' }] },
    })
    expect(await change({ username: alice.username }, {})).toMatchObject({ status: 401 })
    for (const username of [bob.username, uniqueName()]) {
      expect(await change({ ...alice, username }, { bio: 'x' })).toMatchObject({
        status: 403,
        body: { type: '/problems/forbidden' },
      })
    }
    expect((await read(bob.username)).body.bio).toBeNull()
  })

  it('changes the password given the current one, and ends all other sessions', async () => {
    const alice = await buildUser(service)
    const { token: other } = (await login(alice.username, alice.password)).body
    const response = await change(alice, {
      password: 'a new and better one',
      currentPassword: alice.password,
      bio: 'Safe.',
    })
    expect(response).toMatchObject({ status: 200, body: { bio: 'Safe.' } })
    expect(response.text).not.toContain('password')
    expect(await isActive(alice.token)).toBe(true)
    expect(await isActive(other)).toBe(false)
    expect(await login(alice.username, alice.password)).toMatchObject({ status: 401 })
    expect(await login(alice.username, 'a new and better one')).toMatchObject({ status: 200 })
  })

  it.each([
    ['without the current one', {}, '/currentPassword'],
    ['with a wrong current one', { currentPassword: 'not the right one' }, '/currentPassword'],
    ['that is too short', { password: 'short', currentPassword: password }, '/password'],
    ['that is one of the most common', { password: 'iloveyou', currentPassword: password }, '/password'],
  ])('rejects a new password %s, and changes nothing', async (_, fields, pointer) => {
    const alice = await buildUser(service)
    const { token: other } = (await login(alice.username, alice.password)).body
    const response = await change(alice, { password: 'a new and better one', bio: 'Changed?', ...fields })
    expect(response).toMatchObject({ status: 400, body: { errors: [{ pointer }] } })
    expect(await isActive(other)).toBe(true)
    expect((await read(alice.username)).body.bio).toBeNull()
    expect(await login(alice.username, alice.password)).toMatchObject({ status: 200 })
  })

  it('lets one of two concurrent password changes succeed', async () => {
    const alice = await buildUser(service)
    const passwords = ['first new password', 'second new password']
    const responses = await Promise.all(
      passwords.map((next) => change(alice, { password: next, currentPassword: alice.password })),
    )
    expect(responses.map(({ status }) => status).toSorted()).toEqual([200, 400])
    const works = await Promise.all(passwords.map((secret) => login(alice.username, secret)))
    expect(works.map(({ status }) => status)).toEqual(
      responses.map(({ status }) => (status === 200 ? 200 : 401)),
    )
  })

  it('leaves one session if two sessions change the password concurrently', async () => {
    const alice = await buildUser(service)
    const { token: second } = (await login(alice.username, alice.password)).body
    const tokens = [alice.token, second]
    const responses = await Promise.all(
      tokens.map((token, i) =>
        change({ ...alice, token }, { password: `new password ${i}`, currentPassword: alice.password }),
      ),
    )
    const won = responses.map(({ status }) => status === 200)
    expect(won.filter(Boolean)).toHaveLength(1)
    expect(await Promise.all(tokens.map(isActive))).toEqual(won)
  })

  it('leaves no session of a concurrent login with the old password', async () => {
    const alice = await buildUser(service)
    const [changed, ...logins] = await Promise.all([
      change(alice, { password: 'a new and better one', currentPassword: alice.password }),
      ...Array.from({ length: 8 }, () => login(alice.username, alice.password)),
    ])
    expect(changed).toMatchObject({ status: 200 })
    for (const { status, body } of logins) {
      expect([200, 401]).toContain(status)
      if (status === 200) expect(await isActive(body.token)).toBe(false)
    }
    const sessions = await call(service, 'GET', '/api/sessions', { token: alice.token })
    expect(sessions.body).toMatchObject([{ current: true }])
  })
})

describe('DELETE /api/users/:username', () => {
  it('deletes posts and sessions, and clears the reference in posts of other users', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const { token: other } = (await login(alice.username, alice.password)).body
    const own = await buildPost(service, alice, { referenced: alice.username })
    const plain = await buildPost(service, bob, { referenced: alice.username })
    const written = await buildPost(service, bob, { referenced: alice.username })
    const json = { text: 'Edited.' }
    const edited = (await call(service, 'PATCH', written.href, { token: bob.token, json })).body
    const aside = await buildPost(service, bob, { referenced: bob.username })

    expect(await remove(alice)).toMatchObject({ status: 204, text: '' })

    expect(await read(alice.username)).toMatchObject({ status: 404 })
    expect(await call(service, 'GET', own.href)).toMatchObject({ status: 404 })
    expect(await isActive(alice.token)).toBe(false)
    expect(await isActive(other)).toBe(false)
    expect(await login(alice.username, alice.password)).toMatchObject({ status: 401 })
    const { body } = await call(service, 'GET', `/api/users/${bob.username}/collection`)
    expect(body).toEqual([aside, { ...edited, referenced: null }, { ...plain, referenced: null }])
    expect((await read(bob.username)).body.counts.posts).toBe(3)
  })

  it('changes the ETag of every post that referenced the user, and of no other', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const referring = await buildPost(service, bob, { referenced: alice.username })
    const aside = await buildPost(service, bob)
    await remove(alice)
    expect((await call(service, 'GET', referring.href)).headers.get('ETag')).toBe('"2"')
    expect((await call(service, 'GET', aside.href)).headers.get('ETag')).toBe('"1"')
  })

  it('frees the username for a new user, who inherits nothing', async () => {
    const alice = await buildUser(service)
    await buildPost(service, alice)
    const key = { 'Idempotency-Key': 'the-same' }
    const path = `/api/users/${alice.username}/collection`
    await call(service, 'POST', path, { token: alice.token, json: { text: 'old' }, headers: key })
    await remove(alice)
    const again = await buildUser(service, { username: alice.username.toUpperCase() })
    expect((await read(alice.username)).body).toMatchObject({
      username: again.username,
      counts: { posts: 0 },
    })
    expect((await call(service, 'GET', path)).body).toEqual([])
    expect(await isActive(alice.token)).toBe(false)
    const posted = await call(service, 'POST', path, {
      token: again.token,
      json: { text: 'new' },
      headers: key,
    })
    expect(posted).toMatchObject({ status: 201, body: { text: 'new', user: again.username } })
  })

  it('counts the user and the deleted posts', async () => {
    const alice = await buildUser(service)
    for (let i = 0; i < 3; i++) await buildPost(service, alice)
    const users = await growth(service, 'microposts_user_deleted_total', {}, async () => {
      const posts = await growth(service, 'microposts_post_deleted_total', {}, () => remove(alice))
      expect(posts).toBe(3)
      expect(await remove(alice)).toMatchObject({ status: 401 })
    })
    expect(users).toBe(1)
  })

  it('rejects requests without a token and other users', async () => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    expect(await remove({ username: alice.username })).toMatchObject({ status: 401 })
    expect(await remove({ ...bob, username: alice.username })).toMatchObject({ status: 403 })
    expect(await read(alice.username)).toMatchObject({ status: 200 })
  })

  it('stays consistent with concurrent posts, logins and references', async () => {
    const bob = await buildUser(service)
    const created = () => scrape(service).then((page) => page.sum('microposts_post_created_total'))
    const deleted = () => scrape(service).then((page) => page.sum('microposts_post_deleted_total'))
    const before = (await created()) - (await deleted())
    for (let round = 0; round < 5; round++) {
      const alice = await buildUser(service)
      const path = `/api/users/${alice.username}/collection`
      const { token } = alice
      const [removed, ...responses] = await Promise.all([
        remove(alice),
        login(alice.username, alice.password),
        ...Array.from({ length: 6 }, (_, i) =>
          call(service, 'POST', path, {
            token,
            json: { text: `${i}`, referenced: alice.username },
            headers: i % 2 ? { 'Idempotency-Key': `${i}` } : {},
          }),
        ),
        ...Array.from({ length: 6 }, () =>
          call(service, 'POST', `/api/users/${bob.username}/collection`, {
            token: bob.token,
            json: { text: 'x', referenced: alice.username },
          }),
        ),
      ])
      expect(removed).toMatchObject({ status: 204 })
      for (const { status } of responses) expect([200, 201, 400, 401, 404]).toContain(status)
      expect((await call(service, 'GET', path)).status).toBe(404)
    }
    const { body: posts } = await call(service, 'GET', `/api/users/${bob.username}/collection?limit=100`)
    for (const { referenced } of posts) expect(referenced).toBeNull()
    expect((await read(bob.username)).body.counts.posts).toBe(posts.length)
    expect((await created()) - (await deleted())).toBe(before + posts.length)
  })
})
