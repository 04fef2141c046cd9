// Conditional requests on posts (RFC 9110, section 13).
import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type Json, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth } from '../../harness/telemetry/scrape.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const absentId = '019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10'

async function arrange() {
  const alice = await buildUser(service)
  return { alice, post: await buildPost(service, alice, { text: 'one' }) }
}

const read = (post: Json, tags: string, method = 'GET') =>
  call(service, method, post.href, { headers: { 'If-None-Match': tags } })

const write = (method: string, post: Json, { token }: Partial<User>, tags: string, json?: object) =>
  call(service, method, post.href, { token, json, headers: { 'If-Match': tags } })

describe('If-None-Match', () => {
  it.each(['"1"', 'W/"1"', '"0", "1"', '"0",W/"1" ,, "a,b"', '*'])(
    'returns 304 with the ETag and no body for %s',
    async (tags) => {
      const { post } = await arrange()
      for (const method of ['GET', 'HEAD']) {
        const response = await read(post, tags, method)
        expect(response).toMatchObject({ status: 304, text: '' })
        expect(response.headers.get('ETag')).toBe('"1"')
        expect(response.headers.get('Content-Type')).toBeNull()
      }
    },
  )

  it.each(['"2"', '"11"', '1', 'nonsense', '"1', ''])('returns the post for %j', async (tags) => {
    const { post } = await arrange()
    expect(await read(post, tags)).toMatchObject({ status: 200, body: post })
  })

  it('works without the Cache-Control: no-cache that fetch adds', async () => {
    const { post } = await arrange()
    const status = await new Promise((resolve, reject) => {
      const sent = request(post.href, { headers: { 'If-None-Match': '"1"' } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject).end()
    })
    expect(status).toBe(304)
  })

  it('returns the post after an edit, and after the referenced user was deleted', async () => {
    const { alice } = await arrange()
    const bob = await buildUser(service)
    const post = await buildPost(service, alice, { text: 'one', referenced: bob.username })
    await call(service, 'PATCH', post.href, { token: alice.token, json: { text: 'two' } })
    const edited = await read(post, '"1"')
    expect(edited).toMatchObject({ status: 200, body: { text: 'two', referenced: bob.username } })
    const tag = edited.headers.get('ETag') ?? ''
    await call(service, 'DELETE', `/api/users/${bob.username}`, { token: bob.token })
    const orphaned = await read(post, tag)
    expect(orphaned).toMatchObject({ status: 200, body: { ...edited.body, referenced: null } })
    expect(orphaned.headers.get('ETag')).not.toBe(tag)
  })

  it('returns 404 for a missing post', async () => {
    const { post } = await arrange()
    const missing = { href: String(post.href).replace(/[^/]+$/, absentId) }
    expect(await read(missing, '*')).toMatchObject({ status: 404 })
  })
})

describe('If-Match', () => {
  it.each(['"1"', '"0", "1"', ',"1",', '*'])('allows PUT, PATCH and DELETE with %s', async (tags) => {
    const { alice, post } = await arrange()
    const put = await write('PUT', post, alice, tags, { text: 'two' })
    expect(put).toMatchObject({ status: 200, body: { text: 'two' } })
    expect(put.headers.get('ETag')).toBe('"2"')
    const next = tags.replace('1', '2')
    expect(await write('PATCH', post, alice, next, { text: 'three' })).toMatchObject({ status: 200 })
    expect(await write('DELETE', post, alice, tags.replace('1', '3'))).toMatchObject({ status: 204 })
  })

  it.each(['"2"', 'W/"1"', '"01"', '"0", W/"1"', '""', '"99999999999999999999"', '"é"'])(
    'rejects PUT, PATCH and DELETE with %s, and changes and counts nothing',
    async (tags) => {
      const { alice, post } = await arrange()
      const rejected = {
        status: 412,
        body: { type: '/problems/precondition-failed', status: 412, detail: expect.any(String) },
      }
      const attempts = async () => {
        expect(await write('PUT', post, alice, tags, { text: 'two' })).toMatchObject(rejected)
        expect(await write('PATCH', post, alice, tags, { text: 'one' })).toMatchObject(rejected)
        expect(await write('DELETE', post, alice, tags)).toMatchObject(rejected)
      }
      expect(await growth(service, 'microposts_post_edited_total', {}, attempts)).toBe(0)
      expect(await growth(service, 'microposts_post_deleted_total', {}, attempts)).toBe(0)
      expect((await call(service, 'GET', post.href)).body).toEqual(post)
    },
  )

  it('keeps the version for an edit that changes nothing', async () => {
    const { alice, post } = await arrange()
    const response = await write('PUT', post, alice, '"1"', { text: 'one' })
    expect(response).toMatchObject({ status: 200, body: post })
    expect(response.headers.get('ETag')).toBe('"1"')
  })

  it.each(['1', '"1', '"1 "', '"1""2"', '"1" "2"', 'w/"1"', '*, "1"', '', ','])(
    'returns 400 for the malformed value %j',
    async (tags) => {
      const { alice, post } = await arrange()
      const rejected = { status: 400, body: { errors: [{ header: 'If-Match', detail: expect.any(String) }] } }
      expect(await write('PUT', post, alice, tags, { text: 'two' })).toMatchObject(rejected)
      expect(await write('DELETE', post, alice, tags)).toMatchObject(rejected)
    },
  )

  it('is reported next to other faults, and is compared only after them and after 404', async () => {
    const { alice, post } = await arrange()
    const bob = await buildUser(service)
    const missing = { href: String(post.href).replace(/[^/]+$/, absentId) }
    expect(await write('PUT', post, alice, 'x', { text: '' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/text' }, { header: 'If-Match' }] },
    })
    expect(await write('PUT', post, alice, '"9"', { text: '' })).toMatchObject({ status: 400 })
    expect(await write('PUT', post, alice, '"9"', { text: 'x', referenced: 'nobody-here' })).toMatchObject({
      status: 400,
    })
    expect(await write('PUT', post, bob, '"9"', { text: 'x' })).toMatchObject({ status: 403 })
    expect(await write('PUT', post, {}, '"9"', { text: 'x' })).toMatchObject({ status: 401 })
    for (const tags of ['*', '"1"']) {
      expect(await write('PUT', missing, alice, tags, { text: 'x' })).toMatchObject({ status: 404 })
      expect(await write('DELETE', missing, alice, tags)).toMatchObject({ status: 404 })
    }
  })

  it('lets exactly one of many editors that read the same version succeed', async () => {
    const { alice, post } = await arrange()
    for (let version = 1; version <= 3; version++) {
      const responses = await Promise.all(
        Array.from({ length: 16 }, (_, i) =>
          write(i % 2 ? 'PUT' : 'PATCH', post, alice, `"${version}"`, { text: `${version}.${i}` }),
        ),
      )
      const won = responses.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      expect(responses.filter(({ status }) => status === 412)).toHaveLength(15)
      expect((await call(service, 'GET', post.href)).body).toEqual(won[0]?.body)
    }
  })

  it('returns its own edit to each of many unconditional editors', async () => {
    const { alice, post } = await arrange()
    const edited = await growth(service, 'microposts_post_edited_total', {}, async () => {
      const responses = await Promise.all(
        Array.from({ length: 16 }, (_, i) =>
          call(service, 'PATCH', post.href, { token: alice.token, json: { text: `edit ${i}` } }),
        ),
      )
      expect(responses.map(({ body }) => body.text)).toEqual(responses.map((_, i) => `edit ${i}`))
      expect(new Set(responses.map(({ headers }) => headers.get('ETag'))).size).toBe(16)
    })
    expect(edited).toBe(16)
  })

  it('lets either a deletion or an edit of the same version succeed', async () => {
    const { alice } = await arrange()
    for (let round = 0; round < 8; round++) {
      const post = await buildPost(service, alice)
      const [deleted, edited] = await Promise.all([
        write('DELETE', post, alice, '"1"'),
        write('PUT', post, alice, '"1"', { text: 'edited' }),
      ])
      const after = await call(service, 'GET', post.href)
      const outcome = [deleted.status, edited.status, after.status]
      expect([
        [204, 404, 404],
        [412, 200, 200],
      ]).toContainEqual(outcome)
    }
  })
})
