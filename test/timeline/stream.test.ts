// The live timeline (api.md, "Stream").
import { get, type IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { buildPost, buildUser, call, type Json, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { prepare, seedId, seedUsers } from '../database/support/prepared.ts'
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
  it('sends the own and followed posts as they come, each with its id, and no others', async () => {
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

  it('goes on behind Last-Event-ID, even that of a post that is gone, and sends no edits and deletions', async () => {
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

  it('resumes behind more posts than are read at a time', async () => {
    const alice = await buildUser(service)
    const posts: Json[] = []
    for (let i = 0; i < 250; i++) posts.push(await buildPost(service, alice))
    const stream = await open(alice, posts[0].id)
    await received(stream, 249)
    const last = await buildPost(service, alice)
    await received(stream, 250)
    expect(stream.ids()).toEqual([...posts.slice(1), last].map(({ id }) => id))
  })

  it('refuses anonymous, another user, a last id that is none and who takes no events', async () => {
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

  it('ends HEAD at once', async () => {
    const alice = await buildUser(service)
    const { token } = alice
    const answer = await call(service, 'HEAD', streamPath(alice), { token })
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(answer.headers.get('Content-Type')).toBe('text/event-stream')
  })

  it('lets follows and unfollows take effect', async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    const stream = await open(alice)
    await setFollowing(service, alice, bob, true)
    const heard = await buildPost(service, bob)
    await received(stream, 1)
    await setFollowing(service, alice, bob, false)
    await buildPost(service, bob)
    const own = await buildPost(service, alice)
    await received(stream, 2)
    expect(stream.ids()).toEqual([heard.id, own.id])
  })

  it('says within 15 s that it lives, and ends within 15 s of its session', { timeout: 60_000 }, async () => {
    const alice = await buildUser(service)
    const stream = await open(alice)
    const silent = stream.comments()
    await until('a comment', () => stream.comments() > silent, 15_000)
    await call(service, 'POST', '/api/logout', { token: alice.token })
    const end = await until('the end', async () => Promise.race([stream.ended, undefined]), 15_000)
    expect(end).toBe('end')
  })

  it('counts its clients, and one that goes as a success', async () => {
    const alice = await buildUser(service)
    const before = await clients()
    const route = { http_route: '/api/users/:username/timeline/stream', http_response_status_code: '200' }
    const answered = await growth(service, 'http_server_request_duration_seconds_count', route, async () => {
      const streams = [await open(alice), await open(alice)]
      expect(await clients()).toBe(before + 2)
      for (const stream of streams) stream.close()
      await until('nobody listens', async () => (await clients()) === before)
    })
    expect(answered).toBe(2)
    expect((await scrape(service)).sum('microposts_exception_total')).toBe(0)
  })
})

describe('a stream whose client does not read', () => {
  it('is cut off and can be resumed', { timeout: 120_000 }, async () => {
    const count = 12_000
    const database = await freshDatabase()
    await prepare(database, [
      seedUsers(1),
      `INSERT INTO "Post" ("id", "authorId", "text", "createdAt")
       SELECT ${seedId('0191', 'n')}, ${seedId('0190', '1')}, repeat('🐘', 255), now() FROM generate_series(1, ${count}) n`,
    ])
    const target = await startService({}, database)
    onTestFinished(async () => {
      await target.stop()
      await database.drop()
    })
    const alice = await buildUser(target)
    await call(target, 'PUT', `/api/users/${alice.username}/following/seed1`, { token: alice.token })

    const earliest = '01900000-0000-7000-8000-000000000000'
    const response = await new Promise<IncomingMessage>((resolve) => {
      const headers = { Authorization: `Bearer ${alice.token}`, 'Last-Event-ID': earliest }
      get(new URL(streamPath(alice), target.url), { headers }, resolve)
    })
    const open = async () => (await scrape(target)).sum('microposts_stream_clients')
    await until('the stream is open', async () => (await open()) === 1)
    await until('it is cut off', async () => (await open()) === 0, 60_000)

    const ids: string[] = []
    const parser = createParser({ onEvent: ({ id }) => ids.push(id ?? '') })
    try {
      for await (const chunk of response) parser.feed(String(chunk))
    } catch {
      // Cut off in the middle of an event.
    }
    expect(ids.length).toBeLessThan(count)
    const rest = await openStream(target, alice, ids.at(-1))
    onTestFinished(() => rest.close())
    await until('the rest', () => ids.length + rest.messages.length >= count, 60_000)
    const all = [...ids, ...rest.ids()]
    expect(all.length).toBe(count)
    expect(all).toEqual([...new Set(all)].sort())
  })
})

describe('a stream of a service that stops', () => {
  it('ends in order', async () => {
    const database = await freshDatabase()
    const target = await startService({}, database)
    onTestFinished(() => database.drop())
    const alice = await buildUser(target)
    const streams = [await openStream(target, alice), await openStream(target, alice)]
    const start = performance.now()
    target.kill('SIGTERM')
    expect(await target.exited).toBe(0)
    expect(performance.now() - start).toBeLessThan(8_000)
    expect(await Promise.all(streams.map(({ ended }) => ended))).toEqual(['end', 'end'])
  })
})
