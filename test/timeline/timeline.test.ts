import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type Json, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { openStream, setFollowing } from './support/stream.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const timeline = ({ username, token }: User, query = '') =>
  call(service, 'GET', `/api/users/${username}/timeline${query}`, { token })

describe('GET /api/users/:username/timeline', () => {
  it('returns the own posts and those of followed users in pages, newest first', async () => {
    const [alice, bob, carol] = [await buildUser(service), await buildUser(service), await buildUser(service)]
    const { token } = alice
    await call(service, 'PUT', `/api/users/${alice.username}/following/${bob.username}`, { token })
    const posts: Json[] = []
    for (const author of [alice, bob, carol, bob, alice, carol, bob]) {
      const post = await buildPost(service, author)
      if (author !== carol) posts.unshift(post)
    }
    expect(await timeline(alice)).toMatchObject({ status: 200, body: posts })
    const first = await timeline(alice, '?limit=3')
    const next = /<([^>]*)>; rel="next"/.exec(first.headers.get('Link') ?? '')?.[1] ?? ''
    const second = await call(service, 'GET', next, { token })
    expect([...first.body, ...second.body]).toEqual(posts)
    expect(second.headers.get('Link')).toBeNull()
    await call(service, 'DELETE', `/api/users/${alice.username}/following/${bob.username}`, { token })
    expect((await timeline(alice)).body).toEqual(posts.filter(({ user }) => user === alice.username))
  })

  it('contains posts that are older than many posts of others', async () => {
    const [alice, bob, carol] = [await buildUser(service), await buildUser(service), await buildUser(service)]
    const others = await buildUser(service)
    for (const followee of [bob, carol]) await setFollowing(service, alice, followee, true)
    const start = await buildPost(service, others)
    const old = [bob, carol, bob, alice, bob, carol]
    // More than are searched before the index is used.
    const recent = Array.from({ length: 16 }, () => others)
    const posts: Json[] = []
    for (const author of [...old, ...recent, bob]) {
      const post = await buildPost(service, author)
      if (author !== others) posts.unshift(post)
    }
    expect((await timeline(alice)).body).toEqual(posts)
    for (const limit of [1, 2, 3]) {
      const pages: Json[] = []
      for (let path: string | undefined = `/api/users/${alice.username}/timeline?limit=${limit}`; path; ) {
        const { body, headers } = await call(service, 'GET', path, { token: alice.token })
        pages.push(...body)
        path = /<([^>]*)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1]
      }
      expect(pages).toEqual(posts)
    }
    const stream = await openStream(service, alice, start.id)
    await until('all events', () => stream.messages.length === posts.length)
    stream.close()
    expect(stream.posts()).toEqual(posts.toReversed())
  })

  it('records the number of posts on each page', async () => {
    const alice = await buildUser(service)
    await buildPost(service, alice)
    await buildPost(service, alice)
    expect(await growth(service, 'microposts_timeline_size_sum', {}, () => timeline(alice))).toBe(2)
    expect(await growth(service, 'microposts_timeline_size_count', {}, () => timeline(alice))).toBe(1)
  })

  it('is only for its owner', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const path = `/api/users/${alice.username}/timeline`
    expect(await call(service, 'GET', path)).toMatchObject({ status: 401 })
    expect(await call(service, 'GET', path, { token: bob.token })).toMatchObject({ status: 403 })
    expect(await timeline(alice, '?limit=101')).toMatchObject({ status: 400 })
  })
})
