// Heartbeats, stalled clients and notifications of streams, with intervals that a test can set.
import { get, type IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase, freshServerDatabase, hasServer } from '../../harness/database.ts'
import { until } from '../../harness/until.ts'
import { apiRoutes } from '../../src/http/endpoint.ts'
import { createPosts } from '../../src/posts/service.ts'
import { timelineRoutes } from '../../src/timeline/routes.ts'
import { defaultHeartbeatMs } from '../../src/timeline/service.ts'
import { openExisting } from '../database/support/opened.ts'
import { seedId, seedUsers } from '../database/support/prepared.ts'
import { startSmallApp } from '../http/support/small-app.ts'
import { createInProcess, type Intervals } from './support/in-process.ts'
import { openStream, streamPath } from './support/stream.ts'

const never = 24 * 60 * 60 * 1000

async function arrange(intervals: Intervals = {}) {
  const database = await openExisting(await freshDatabase())
  onTestFinished(() => database.closeAndDrop())
  return { database, ...createInProcess(database, intervals) }
}

describe('a timeline stream', () => {
  it('sends an empty batch per heartbeat and ends with its session', async () => {
    const { timeline, sessions, buildViewer } = await arrange({ heartbeatMs: 100 })
    const viewer = await buildViewer('alice')
    const stream = timeline.stream(viewer, undefined, new AbortController().signal)
    for (let i = 0; i < 3; i++) expect(await stream.next()).toEqual({ done: false, value: [] })
    await sessions.logout(viewer.sessionId)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('has a heartbeat at least every 15 s', () => {
    expect(defaultHeartbeatMs).toBeLessThan(15_000)
  })

  it('disconnects a client that does not read, which can resume', { timeout: 60_000 }, async () => {
    const count = 12_000
    const { database, timeline, sessions, buildViewer } = await arrange()
    const viewer = await buildViewer('alice')
    for (const statement of [
      seedUsers(1),
      `INSERT INTO "Post" ("id", "authorId", "text", "createdAt")
       SELECT ${seedId('0191', 'n')}, ${seedId('0190', '1')}, repeat('🐘', 255), now() FROM generate_series(1, ${count}) n`,
      `INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
       VALUES (${seedId('0192', '1')}, '${viewer.userId}', ${seedId('0190', '1')}, now())`,
    ])
      await database.client.$executeRawUnsafe(statement)
    const closed = Promise.withResolvers<void>()
    async function* stream(...args: Parameters<typeof timeline.stream>) {
      try {
        yield* timeline.stream(...args)
      } finally {
        closed.resolve()
      }
    }
    const routes = apiRoutes(timelineRoutes({ ...timeline, stream }, 500))
    const app = await startSmallApp({ routes, authenticate: sessions.authenticate })
    onTestFinished(() => app.stop())

    const earliest = '01900000-0000-7000-8000-000000000000'
    const response = await new Promise<IncomingMessage>((resolve) => {
      const headers = { Authorization: `Bearer ${viewer.token}`, 'Last-Event-ID': earliest }
      get(new URL(streamPath(viewer), app.url), { headers }, resolve)
    })
    await closed.promise

    const ids: string[] = []
    const parser = createParser({ onEvent: ({ id }) => ids.push(id ?? '') })
    try {
      for await (const chunk of response) parser.feed(String(chunk))
    } catch {
      // The connection was closed in the middle of an event.
    }
    expect(ids.length).toBeLessThan(count)
    const rest = await openStream(app, viewer, ids.at(-1))
    onTestFinished(() => rest.close())
    await until('the rest', () => ids.length + rest.messages.length >= count, 60_000)
    const all = [...ids, ...rest.ids()]
    expect(all.length).toBe(count)
    expect(all).toEqual([...new Set(all)].sort())
  })
})

describe.runIf(hasServer())('two instances on one PostgreSQL', () => {
  it('exchange posts by notification, without polling', async () => {
    const server = await freshServerDatabase()
    const [writing, reading] = [await openExisting(server), await openExisting(server)]
    onTestFinished(async () => {
      await reading.close()
      await writing.closeAndDrop()
    })
    await writing.migrate()
    const available = () => writing.notifications.available() && reading.notifications.available()
    await until('both instances listen', available)
    const pollMs = { withNotifications: never, without: never }
    const { timeline, buildViewer, metrics } = createInProcess(reading, { pollMs })
    const alice = await buildViewer('alice')
    const stream = timeline.stream(alice, undefined, new AbortController().signal)
    onTestFinished(() => void stream.return(undefined))
    expect(await stream.next()).toEqual({ done: false, value: [] })
    const { query, notifications } = writing
    const posts = createPosts({ query, notifications, metrics, postLimit: 0 })
    for (const text of ['one', 'two']) {
      const { row: post } = await posts.create(alice, { text, referenced: null })
      expect(await stream.next()).toEqual({ done: false, value: [post] })
    }
  })
})
