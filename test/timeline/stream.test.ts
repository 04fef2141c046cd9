// The timeline stream over HTTP.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { buildPost, buildUser, call, type Json, send, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { openStream, type Stream, setFollowing, streamPath } from './support/stream.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const open = async (user: User, lastEventId?: string, target: { url: string } = service): Promise<Stream> => {
  const stream = await openStream(target, user, lastEventId)
  onTestFinished(() => stream.close())
  return stream
}
const received = (stream: Stream, count: number) =>
  until(`${count} events`, () => stream.messages.length >= count)
const clients = async () => (await scrape(service)).sum('microposts_stream_clients')

describe('GET /api/users/:username/timeline/stream', () => {
  it('sends new posts of the user and of followed users, each with its id, and no others', async () => {
    const [alice, bob, carol] = [await buildUser(service), await buildUser(service), await buildUser(service)]
    await buildPost(service, alice, { text: 'before' })
    await setFollowing(service, alice, bob, true)
    const stream = await open(alice)
    const own = await buildPost(service, alice, { text: 'Curiouser! 🐇\nand curiouser' })
    await buildPost(service, carol)
    const followed = await buildPost(service, bob, { referenced: carol.username })
    await received(stream, 2)
    expect(stream.posts()).toEqual([own, followed])
    expect(stream.messages.map(({ id, event }) => [id, event])).toEqual([
      [own.id, 'post'],
      [followed.id, 'post'],
    ])
    expect(stream.headers.get('Content-Type')).toBe('text/event-stream')
    expect(stream.headers.get('Cache-Control')).toBe('no-store')
  })

  it('resumes after Last-Event-ID, even of a deleted post, and sends no edits and deletions', async () => {
    const alice = await buildUser(service)
    const { token } = alice
    const posts: Json[] = []
    for (let i = 0; i < 5; i++) posts.push(await buildPost(service, alice, { text: `number ${i}` }))
    const [first, , third, fourth, fifth] = posts
    await call(service, 'DELETE', first.href, { token })
    await call(service, 'DELETE', third.href, { token })
    const edited = await call(service, 'PATCH', fourth.href, { token, json: { text: 'edited' } })
    const stream = await open(alice, first.id)
    await call(service, 'PATCH', fifth.href, { token, json: { text: 'edited later' } })
    const sixth = await buildPost(service, alice)
    await received(stream, 4)
    expect(stream.ids()).toEqual([posts[1].id, fourth.id, fifth.id, sixth.id])
    expect(stream.posts()[1]).toEqual(edited.body)
  })

  it('resumes even if more posts are missing than one query reads', async () => {
    const alice = await buildUser(service)
    const posts: Json[] = []
    for (let i = 0; i < 250; i++) posts.push(await buildPost(service, alice))
    const stream = await open(alice, posts[0].id)
    await received(stream, 249)
    const last = await buildPost(service, alice)
    await received(stream, 250)
    expect(stream.ids()).toEqual([...posts.slice(1), last].map(({ id }) => id))
  })

  it('rejects a missing token, another user, an invalid Last-Event-ID and an unsuitable Accept', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const request = (token?: string, headers = {}) =>
      call(service, 'GET', streamPath(alice), { token, headers })
    expect(await request()).toMatchObject({ status: 401 })
    expect(await request(bob.token)).toMatchObject({ status: 403 })
    expect(await request(alice.token, { Accept: 'application/json' })).toMatchObject({ status: 406 })
    for (const id of [
      '1',
      '019AB3F0-7C1E-7D3A-8F5E-0B2A4C6D8E10',
      `${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}`,
    ])
      expect(await request(alice.token, { 'Last-Event-ID': id })).toMatchObject({
        status: 400,
        body: { errors: [{ header: 'Last-Event-Id' }] },
      })
  })

  it('responds to HEAD immediately', async () => {
    const alice = await buildUser(service)
    const { token } = alice
    const response = await call(service, 'HEAD', streamPath(alice), { token })
    expect(response).toMatchObject({ status: 200, text: '' })
    expect(response.headers.get('Content-Type')).toBe('text/event-stream')
  })

  it('reflects follows and unfollows', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const stream = await open(alice)
    await setFollowing(service, alice, bob, true)
    const followed = await buildPost(service, bob)
    await received(stream, 1)
    await setFollowing(service, alice, bob, false)
    await buildPost(service, bob)
    const own = await buildPost(service, alice)
    await received(stream, 2)
    expect(stream.ids()).toEqual([followed.id, own.id])
  })

  it('counts its clients, and a client that disconnects as a success', async () => {
    const alice = await buildUser(service)
    const before = await clients()
    const route = { http_route: '/api/users/:username/timeline/stream', http_response_status_code: '200' }
    const answered = await growth(service, 'http_server_request_duration_seconds_count', route, async () => {
      const streams = [await open(alice), await open(alice)]
      expect(await clients()).toBe(before + 2)
      for (const stream of streams) stream.close()
      await until('no client is connected', async () => (await clients()) === before)
    })
    expect(answered).toBe(2)
    expect((await scrape(service)).sum('microposts_exception_total')).toBe(0)
  })
})

describe('a stream during shutdown', () => {
  it('ends with a complete response', async () => {
    const database = await freshDatabase()
    const target = await startService({}, database)
    onTestFinished(() => database.drop())
    const alice = await buildUser(target)
    const streams = [await openStream(target, alice), await openStream(target, alice)]
    target.kill('SIGTERM')
    expect(await target.exited).toBe(0)
    // A stream that the service had to abort would be `broken`.
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(['end', 'end'])
  })
})

describe('open streams', () => {
  it('are limited per user and in all; a closed one makes room', async () => {
    const limited = await startService({ MAX_STREAMS: '3', MAX_STREAMS_PER_USER: '2' })
    onTestFinished(() => limited.stop())
    const [alice, bob] = [await buildUser(limited), await buildUser(limited)]
    const openStream = ({ username, token }: User) =>
      send(limited, 'GET', `/api/users/${username}/timeline/stream`, { token })
    const statusOf = async (user: User) => {
      const { username, token } = user
      const { status, body, headers } = await call(limited, 'GET', `/api/users/${username}/timeline/stream`, {
        token,
      })
      return [status, body.type, headers.get('Retry-After')]
    }
    const first = await openStream(alice)
    await openStream(alice)
    expect(await statusOf(alice)).toEqual([429, '/problems/rate-limited', '10'])
    await openStream(bob)
    expect(await statusOf(bob)).toEqual([503, '/problems/overloaded', '10'])
    first.destroy()
    await until('there is room', async () => {
      const { statusCode } = await openStream(alice)
      return statusCode === 200
    })
  })
})
