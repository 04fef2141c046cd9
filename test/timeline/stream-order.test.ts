// Streams with several instances and writers: every post once, in the order of ids.
import { Client } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  freshDatabase,
  freshServerDatabase,
  hasServer,
  type TemporaryDatabase,
} from '../../harness/database.ts'
import { buildPost, buildUser, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'
import { Prisma } from '../../src/database/generated/client.ts'
import { newIdAt } from '../../src/posts/ids.ts'
import { openStream, setFollowing } from './support/stream.ts'

/** Starts instances on one database; they stop when the test ends. */
async function startInstances(database: TemporaryDatabase, count: number, env: Record<string, string> = {}) {
  const instances = await Promise.all(Array.from({ length: count }, () => startService(env, database)))
  onTestFinished(async () => {
    await Promise.all(instances.map((instance) => instance.stop()))
    await database.drop()
  })
  const [first, last] = [instances.at(0), instances.at(-1)]
  if (!first || !last) throw new Error('at least one instance')
  return { first, last, instances }
}

/** Reads a stream in pieces: disconnects after a few events and resumes, until `isAll`. */
async function readInPieces(
  instances: Service[],
  user: User,
  from: string,
  isAll: (ids: string[]) => boolean,
) {
  const ids: string[] = []
  for (let turn = 0; !isAll(ids); turn++) {
    const instance = instances[turn % instances.length] ?? instances[0]
    if (!instance) throw new Error('no instance')
    const stream = await openStream(instance, user, ids.at(-1) ?? from)
    await until('some events', () => stream.messages.length > turn % 7 || isAll([...ids, ...stream.ids()]))
    stream.close()
    // Events after the disconnect are not received.
    await stream.ended
    ids.push(...stream.ids())
  }
  return ids
}

describe('a stream with eight writers', () => {
  it('sends every post once and in order, also to readers that reconnect', { timeout: 120_000 }, async () => {
    const database = await freshDatabase()
    // The embedded database takes one process at a time.
    const { first, instances } = await startInstances(database, 'DATABASE_URL' in database.env ? 2 : 1)
    const reader = await buildUser(first)
    const authors = await Promise.all(Array.from({ length: 8 }, () => buildUser(first)))
    for (const author of authors) await setFollowing(first, reader, author, true)
    const start = await buildPost(first, reader)
    const uninterrupted = await openStream(first, reader)

    const written: string[] = []
    const perAuthor = 60
    const isAll = (ids: string[]) => ids.length >= authors.length * perAuthor
    const writing = Promise.all(
      authors.map(async (author, writer) => {
        const instance = instances[writer % instances.length] ?? first
        for (let i = 0; i < perAuthor; i++) written.push((await buildPost(instance, author)).id)
      }),
    )
    const read = Promise.all([1, 2, 3].map(() => readInPieces(instances, reader, start.id, isAll)))
    await writing
    await until('the uninterrupted reader has every post', () => isAll([...uninterrupted.ids()]))
    const expected = written.toSorted()
    expect(uninterrupted.ids()).toEqual(expected)
    for (const ids of await read) expect(ids).toEqual(expected)
    uninterrupted.close()
  })
})

describe.runIf(hasServer())('two instances on one PostgreSQL', () => {
  it("send each other's posts, with links of their own origin", async () => {
    const { first, last } = await startInstances(await freshServerDatabase(), 2)
    const alice = await buildUser(first)
    const stream = await openStream(last, alice)
    onTestFinished(() => stream.close())
    const post = await buildPost(first, alice)
    await until('the event', () => stream.messages.length === 1)
    expect(stream.posts()).toEqual([{ ...post, href: post.href.replace(first.url, last.url) }])
  })

  it("send each other's posts by polling behind a transaction pooler", async () => {
    const database = await freshServerDatabase()
    const url = `${database.env.DATABASE_URL}?pgbouncer=true`
    const { first, last } = await startInstances(database, 2, { DATABASE_URL: url })
    const alice = await buildUser(first)
    const stream = await openStream(last, alice)
    onTestFinished(() => stream.close())
    const posts = [await buildPost(first, alice), await buildPost(last, alice)]
    await until('both events', () => stream.messages.length === 2)
    expect(stream.ids()).toEqual(posts.map(({ id }) => id))
  })

  it('send a post that is committed late before posts with higher ids', async () => {
    const database = await freshServerDatabase()
    const { first, last } = await startInstances(database, 2)
    const [alice, bob] = [await buildUser(first), await buildUser(first)]
    await setFollowing(first, alice, bob, true)
    const stream = await openStream(last, alice)
    const late = new Client({ connectionString: database.env.DATABASE_URL })
    await late.connect()
    onTestFinished(async () => {
      stream.close()
      await late.end()
    })
    await late.query('BEGIN')
    const {
      rows: [author],
    } = await late.query('SELECT "id" FROM "User" WHERE "username" = $1 FOR NO KEY UPDATE', [bob.username])
    const {
      rows: [post],
    } = await late.query(
      `INSERT INTO "Post" ("id", "authorId", "text", "createdAt")
       VALUES (${newIdAt(Prisma.sql`clock_timestamp()`).sql}, $1, 'late', now()) RETURNING "id"`,
      [author.id],
    )
    const posts: string[] = []
    for (let i = 0; i < 10; i++) posts.push((await buildPost(first, alice)).id)
    await late.query('COMMIT')
    await until('all events', () => stream.messages.length === 11)
    expect(stream.ids()).toEqual([post.id, ...posts])
  })

  it('continue after losing their notification connection', async () => {
    const database = await freshServerDatabase()
    const { first, last } = await startInstances(database, 2)
    const alice = await buildUser(first)
    const stream = await openStream(last, alice)
    const admin = new Client({ connectionString: database.env.DATABASE_URL })
    await admin.connect()
    onTestFinished(async () => {
      stream.close()
      await admin.end()
    })
    const listening = `FROM pg_stat_activity WHERE "datname" = current_database() AND "query" ~ '^(LISTEN|NOTIFY)'`
    const { rowCount } = await admin.query(`SELECT pg_terminate_backend("pid") ${listening}`)
    expect(rowCount).toBe(2)
    await buildPost(first, alice)
    await until('the event', () => stream.messages.length === 1)
    await until('both listen again', async () => (await admin.query(`SELECT ${listening}`)).rowCount === 2)
  })
})
