import { v7 as uuid } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PrismaClient } from '../../src/database/generated/client.ts'
import {
  errorMessage,
  isForeignKeyViolation,
  isUnavailable,
  isUniqueViolation,
} from '../../src/database/sql-errors.ts'
import { transact } from '../../src/database/transaction.ts'
import { databaseKinds, type Opened, openFresh } from './support/opened.ts'

const user = (id = uuid()) => ({ id, username: id, usernameKey: id, passwordHash: '', createdAt: new Date() })
const post = (authorId: string) => ({ id: uuid(), authorId, text: 'hi', createdAt: new Date() })
const failWith = (client: Pick<PrismaClient, '$executeRawUnsafe'>, sqlState: string) =>
  client.$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '${sqlState}'; END $$`)
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

describe.each(databaseKinds)('on %s', (kind) => {
  let opened: Opened
  let client: PrismaClient
  beforeAll(async () => {
    opened = await openFresh(kind)
    client = opened.client
    await opened.migrate()
  })
  afterAll(() => opened?.closeAndDrop())

  it('responds to a ping and describes where it is', async () => {
    await opened.ping()
    expect(opened.kind).toBe(kind)
    expect(opened.name).toContain(kind === 'pglite' ? 'embedded in ' : '/microposts_test_')
  })

  it('recognises a unique violation, from models and from SQL', async () => {
    const alice = user()
    await client.user.create({ data: alice })
    const errors = [
      await caught(client.user.create({ data: { ...user(), usernameKey: alice.usernameKey } })),
      await caught(client.$executeRaw`INSERT INTO "User" ("id", "username", "usernameKey", "passwordHash", "createdAt")
        VALUES (${uuid()}::uuid, '', ${alice.usernameKey}, '', now())`),
    ]
    for (const error of errors) {
      expect(isUniqueViolation(error)).toBe(true)
      expect(isForeignKeyViolation(error) || isUnavailable(error)).toBe(false)
    }
  })

  it('recognises a foreign-key violation', async () => {
    const error = await caught(client.post.create({ data: post(uuid()) }))
    expect(isForeignKeyViolation(error)).toBe(true)
    expect(isUniqueViolation(error)).toBe(false)
  })

  it('keeps the connection and its prepared statements after an error of a statement', async () => {
    const prepared = () =>
      client.$queryRaw<[{ n: number }]>`SELECT count(*)::int AS n FROM pg_prepared_statements`
    await client.user.count()
    const [before] = await prepared()
    await caught(failWith(client, '22012'))
    const [after] = await prepared()
    expect(before.n).toBeGreaterThan(1)
    expect(after.n).toBeGreaterThanOrEqual(before.n)
  })

  it('returns to each of many concurrent statements its own rows while others fail', async () => {
    const alice = user()
    await client.user.create({ data: alice })
    const correct = await Promise.all(
      Array.from({ length: 90 }, async (_, n) => {
        if (n % 3 === 0) return isUniqueViolation(await caught(client.user.create({ data: alice })))
        if (n % 3 === 1) return (await client.$queryRaw<[{ n: number }]>`SELECT ${n}::int AS n`)[0]?.n === n
        return (await caught(client.$queryRawUnsafe(`SELEC ${n}`))) instanceof Error
      }),
    )
    expect(correct).toEqual(correct.map(() => true))
  })

  it('uses the unique index to find usernames by prefix', async () => {
    const rows = await client.$transaction([
      client.$executeRaw`SET LOCAL enable_seqscan = off`,
      client.$queryRaw<
        { 'QUERY PLAN': string }[]
      >`EXPLAIN SELECT * FROM "User" WHERE "usernameKey" LIKE 'al%'`,
    ])
    const plan = rows[1].map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toMatch(/Index Cond: .*'al'.*'am'/)
  })

  describe('transact', () => {
    it.each(['40001', '40P01'])('retries after %s and commits once', async (sqlState) => {
      const alice = user()
      let runs = 0
      const result = await transact(client, async (tx) => {
        runs++
        await tx.user.create({ data: alice })
        if (runs < 3) await failWith(tx, sqlState)
        return 'done'
      })
      expect({ result, runs }).toEqual({ result: 'done', runs: 3 })
      expect(await client.user.count({ where: { id: alice.id } })).toBe(1)
    })

    it('gives up after four attempts and leaves no rows', async () => {
      const alice = user()
      let runs = 0
      await caught(
        transact(client, async (tx) => {
          runs++
          await tx.user.create({ data: alice })
          await failWith(tx, '40001')
        }),
      )
      expect(runs).toBe(4)
      expect(await client.user.count({ where: { id: alice.id } })).toBe(0)
    })

    it('does not retry after any other error, and rolls back', async () => {
      const alice = user()
      let runs = 0
      const error = await caught(
        transact(client, async (tx) => {
          runs++
          await tx.user.create({ data: alice })
          throw new Error('mine')
        }),
      )
      expect({ message: errorMessage(error), runs }).toEqual({ message: 'mine', runs: 1 })
      expect(await client.user.count({ where: { id: alice.id } })).toBe(0)
    })
  })

  describe('db.client.operation.duration', () => {
    const counts = () => opened.samples('db_client_operation_duration_seconds_count')
    /** The statements that `work` added to the metric, keyed by table, operation, system and error. */
    async function recorded(work: () => Promise<unknown>): Promise<Record<string, number>> {
      const before = await counts()
      await work()
      const grown = Object.entries(await counts()).map(([key, n]) => [key, n - (before[key] ?? 0)] as const)
      return Object.fromEntries(grown.filter(([, n]) => n !== 0))
    }

    it('counts models, raw statements and failures', async () => {
      const seen = await recorded(async () => {
        await client.post.findMany({ include: { author: true }, relationLoadStrategy: 'join' })
        await client.$queryRaw`WITH old AS (SELECT 1) DELETE FROM "RateLimit" WHERE "points" > 1000`
        await caught(client.post.create({ data: post(uuid()) }))
        await caught(failWith(client, '57014'))
      })
      expect(seen).toEqual({
        'Post SELECT postgresql': 1,
        'RateLimit DELETE postgresql': 1,
        'Post INSERT postgresql 23': 1,
        '_OTHER postgresql 57': 1,
      })
    })

    it('counts the statements of a transaction, including its BEGIN and its end', async () => {
      const alice = user()
      const seen = await recorded(async () => {
        await transact(client, async (tx) => {
          await tx.user.createMany({ data: [alice] })
          await tx.post.createMany({ data: [post(alice.id)] })
        })
        await caught(
          transact(client, async () => {
            throw new Error('mine')
          }),
        )
      })
      expect(seen).toEqual({
        'BEGIN postgresql': 2,
        'User INSERT postgresql': 1,
        'Post INSERT postgresql': 1,
        'COMMIT postgresql': 1,
        'ROLLBACK postgresql': 1,
      })
    })
  })

  it('records the state of its pool, its waits and its uses', async () => {
    const states = () => opened.samples('db_client_connection_count')
    const waits = async () =>
      (await opened.samples('db_client_connection_wait_time_seconds_count')).microposts
    const uses = async () => (await opened.samples('db_client_connection_use_time_seconds_count')).microposts
    const before = { waits: await waits(), uses: await uses() }
    await client.$transaction(async () => {
      expect(await states()).toMatchObject({ 'microposts used': 1 })
    })
    expect(await states()).toMatchObject({ 'microposts used': 0, 'microposts idle': expect.any(Number) })
    expect(await opened.samples('db_client_connection_max')).toEqual({
      microposts: kind === 'pglite' ? 1 : 10,
    })
    expect({ waits: await waits(), uses: await uses() }).toEqual({
      waits: (before.waits ?? 0) + 1,
      uses: (before.uses ?? 0) + 1,
    })
  })

  it('waits for running transactions when it closes, and rejects new statements as unavailable', async () => {
    const other = await openFresh(kind)
    await other.migrate()
    try {
      const alice = user()
      const started = Promise.withResolvers<void>()
      const refused = Promise.withResolvers<void>()
      const events: string[] = []
      const running = other.client.$transaction(async (tx) => {
        await tx.user.create({ data: alice })
        started.resolve()
        await refused.promise
        const count = await tx.user.count({ where: { id: alice.id } })
        events.push('last statement')
        return count
      })
      await started.promise
      const closed = other.close().then(() => events.push('closed'))
      expect(isUnavailable(await caught(other.client.user.count()))).toBe(true)
      refused.resolve()
      expect(await running).toBe(1)
      await closed
      expect(events).toEqual(['last statement', 'closed'])
      await expect(other.ping()).rejects.toThrow()
    } finally {
      await other.closeAndDrop()
    }
  })
})
