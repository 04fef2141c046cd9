// Notifications between instances: few of them, and none of the last posts is lost when an instance stops.
import { Client } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { administer, freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildPost, buildUser } from '../../harness/http/client.ts'
import { createRelay } from '../../harness/http/relay.ts'
import { startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'
import type { PostRow } from '../../src/posts/schema.ts'
import { createPosts } from '../../src/posts/service.ts'
import { openExisting } from '../database/support/opened.ts'
import { createInProcess } from './support/in-process.ts'
import { openStream } from './support/stream.ts'

const never = 24 * 60 * 60 * 1000
const texts = Array.from({ length: 40 }, (_, index) => `post ${index}`)

/** Two instances in this process, which do not poll; `write` creates all posts at once on one of them. */
async function arrange() {
  const database = await freshServerDatabase()
  const [writing, reading] = [await openExisting(database), await openExisting(database)]
  onTestFinished(() => reading.closeAndDrop())
  await writing.migrate()
  const instances = [writing, reading]
  await until('both listen', () => instances.every(({ notifications }) => notifications.available()))
  const { metrics, timeline, buildViewer } = createInProcess(reading, {
    pollMs: { withNotifications: never, without: never },
  })
  const viewer = await buildViewer('alice')
  const { query, notifications } = writing
  const posts = createPosts({ query, notifications, metrics, postLimit: 0 })
  const write = () => Promise.all(texts.map((text) => posts.create(viewer, { text, referenced: null })))
  return { url: database.env.DATABASE_URL, writing, timeline, viewer, write }
}

describe.runIf(hasServer())('notifications between instances', () => {
  it('are fewer than the posts that they announce', async () => {
    const { url, writing, write } = await arrange()
    onTestFinished(() => writing.close())
    const listener = new Client({ connectionString: url })
    await listener.connect()
    onTestFinished(() => listener.end())
    let received = 0
    listener.on('notification', () => received++)
    await listener.query('LISTEN microposts')
    await write()
    await until('a notification', () => received > 0)
    expect(received).toBeLessThan(texts.length / 2)
  })

  it('are sent one after the other to a slow server', async () => {
    const database = await freshServerDatabase()
    const url = new URL(database.env.DATABASE_URL)
    const relay = createRelay(Number(url.port || 5432))
    await relay.start()
    url.host = `127.0.0.1:${relay.port()}`
    const { notifications, query, ...opened } = await openExisting({
      ...database,
      env: { DATABASE_URL: url.href },
    })
    onTestFinished(async () => {
      await opened.close()
      await relay.stop()
      await database.drop()
    })
    await until('it listens', notifications.available)
    // pg warns once in a process when a statement has to wait for the connection.
    const warnings: string[] = []
    const onWarning = ({ message }: Error) => warnings.push(message)
    process.on('warning', onWarning)
    onTestFinished(() => void process.off('warning', onWarning))
    relay.delay(50)
    for (let statement = 0; statement < 5; statement++) {
      notifications.notify()
      notifications.notify()
      await query`SELECT 1`
    }
    expect(warnings).toEqual([])
  })

  it('announce the last posts of an instance before it closes', async () => {
    const { writing, timeline, viewer, write } = await arrange()
    const stream = timeline.stream(viewer, undefined, new AbortController().signal)
    onTestFinished(() => void stream.return(undefined))
    await stream.next()
    const created = await write()
    await writing.close()
    const received: string[] = []
    while (received.length < created.length) {
      const { value: batch = [] } = await stream.next()
      received.push(...(batch as PostRow[]).map(({ text }) => text))
    }
    expect(received.toSorted()).toEqual(texts.toSorted())
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)('are not needed for the last posts before %s', async (signal) => {
    const database = await freshServerDatabase()
    const writing = await startService({}, database)
    const loseNotifications = await listeningConnection(database.env.DATABASE_URL)
    const reading = await startService({}, database)
    onTestFinished(async () => {
      await reading.stop()
      await database.drop()
    })
    const alice = await buildUser(writing)
    const stream = await openStream(reading, alice)
    onTestFinished(() => stream.close())
    await loseNotifications()
    const posts = await Promise.all(texts.map((text) => buildPost(writing, alice, { text })))
    await writing.stop(signal)
    await until('all events', () => stream.messages.length >= posts.length)
    expect(stream.ids()).toEqual(posts.map(({ id }) => id).toSorted())
  })
})

/** Waits until the only instance listens; returns a function that ends that connection. */
async function listeningConnection(url: string) {
  const admin = new Client({ connectionString: url })
  await admin.connect()
  const pid = await until('the instance listens', async () => {
    const { rows } = await admin.query(
      `SELECT "pid" FROM pg_stat_activity WHERE "datname" = current_database() AND "query" ~ '^(LISTEN|NOTIFY)'`,
    )
    return rows[0]?.pid
  })
  await admin.end()
  return () => administer(url, `SELECT pg_terminate_backend(${pid})`)
}
