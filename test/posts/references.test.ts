import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type Json, uniqueName } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const references = (username: string, query = '') =>
  call(service, 'GET', `/api/users/${username}/references${query}`)

describe('GET /api/users/:username/references', () => {
  it('lists all posts that reference the user, newest first, regardless of the case of the name', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const first = await buildPost(service, alice, { referenced: bob.username })
    await buildPost(service, alice)
    const second = await buildPost(service, bob, { referenced: bob.username })
    expect(await references(bob.username.toUpperCase())).toMatchObject({ status: 200, body: [second, first] })
    expect((await references(alice.username)).body).toEqual([])
  })

  it('reflects edits and deletions', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const { token } = alice
    const post = await buildPost(service, alice)
    const edited = await call(service, 'PATCH', post.href, { token, json: { referenced: bob.username } })
    expect((await references(bob.username)).body).toEqual([edited.body])
    await call(service, 'PATCH', post.href, { token, json: { referenced: null } })
    expect((await references(bob.username)).body).toEqual([])
    const other = await buildPost(service, alice, { referenced: bob.username })
    await call(service, 'DELETE', other.href, { token })
    expect((await references(bob.username)).body).toEqual([])
  })

  it('is paginated', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const posts: Json[] = []
    for (let i = 0; i < 3; i++)
      posts.unshift(await buildPost(service, alice, { referenced: bob.username, text: `number ${i}` }))
    const first = await references(bob.username, '?limit=2')
    const next = /^<(.*)>; rel="next"$/.exec(first.headers.get('Link') ?? '')?.[1] ?? ''
    const second = await call(service, 'GET', next)
    expect([first.body, second.body]).toEqual([posts.slice(0, 2), posts.slice(2)])
    expect(second.headers.get('Link')).toBeNull()
  })

  it('returns 404 for an unknown user and 400 for an invalid limit', async () => {
    const alice = await buildUser(service)
    expect(await references(uniqueName())).toMatchObject({ status: 404 })
    expect(await references(alice.username, '?limit=0')).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: 'limit' }] },
    })
  })
})
