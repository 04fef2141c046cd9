// Hot statements, which run on the pool instead of through Prisma's client.
import { v7 as uuid } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Prisma } from '../../src/database/generated/client.ts'
import type { Query } from '../../src/database/query.ts'
import {
  isConflict,
  isForeignKeyViolation,
  isUnavailable,
  isUniqueViolation,
} from '../../src/database/sql-errors.ts'
import { databaseKinds, type Opened, openFresh } from './support/opened.ts'

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

describe.each(databaseKinds)('query on %s', (kind) => {
  let opened: Opened
  let query: Query
  beforeAll(async () => {
    opened = await openFresh(kind)
    query = opened.query
    await opened.migrate()
  })
  afterAll(() => opened?.closeAndDrop())

  const insertUser = (usernameKey: string) => query`
    INSERT INTO "User" ("id", "username", "usernameKey", "passwordHash", "createdAt")
    VALUES (${uuid()}::uuid, 'x', ${usernameKey}, '', now())`

  const fail = (sqlState: string) =>
    query`${Prisma.raw(`DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '${sqlState}'; END $$`)}`

  it('binds values, joins nested templates and returns typed rows', async () => {
    const id = uuid()
    const time = new Date('2026-11-24T10:00:00.123Z')
    const bytes = new Uint8Array([0, 255])
    const texts = ['a', '"b", {', 'c\\d', '', 'NULL', null]
    const nested = Prisma.sql`${id}::uuid AS "id", ${texts}::text[] AS "texts"`
    const rows = await query`
      SELECT ${nested}, ${time}::timestamptz AS "time", ${null}::timestamptz AS "never", ${bytes}::bytea AS "bytes",
        ${true}::boolean AS "flag", ${7}::int AS "small", 9007199254740991::bigint AS "large", '{"b":1,"a":2}'::json AS "json",
        '1969-12-31 23:59:59.5-01:30'::timestamptz AS "early"`
    expect(rows).toEqual([
      {
        id,
        texts,
        time,
        never: null,
        bytes: Buffer.from(bytes),
        flag: true,
        small: 7,
        large: Number.MAX_SAFE_INTEGER,
        json: { b: 1, a: 2 },
        early: new Date('1970-01-01T01:29:59.500Z'),
      },
    ])
  })

  it('fails with errors that are classified as those of models are', async () => {
    await insertUser('alice')
    const duplicate = await caught(insertUser('alice'))
    expect(isUniqueViolation(duplicate)).toBe(true)
    // Errors are logged, and their details would quote rows.
    expect(Object.values(duplicate as object).join()).not.toContain('alice')
    const post = query`
      INSERT INTO "Post" ("id", "authorId", "text", "createdAt") VALUES (${uuid()}::uuid, ${uuid()}::uuid, '', now())`
    expect(isForeignKeyViolation(await caught(post))).toBe(true)
    for (const state of ['40001', '40P01']) expect(isConflict(await caught(fail(state)))).toBe(true)
    for (const state of ['57014', '53300']) expect(isUnavailable(await caught(fail(state)))).toBe(true)
    const syntaxError = await caught(query`SELEC`)
    for (const isKind of [isUniqueViolation, isForeignKeyViolation, isConflict, isUnavailable])
      expect(isKind(syntaxError)).toBe(false)
  })

  it('runs and describes a statement whose first execution failed', async () => {
    const divide = (divisor: string) => query`SELECT 6 / ${divisor}::int AS "quotient", now() AS "time"`
    await caught(divide('no number'))
    await caught(divide('0'))
    for (const divisor of ['2', '3'])
      expect(await divide(divisor)).toEqual([{ quotient: 6 / Number(divisor), time: expect.any(Date) }])
  })

  it('describes the rows of a statement on each connection', async () => {
    const user = () => query`SELECT "username", "createdAt" FROM "User" WHERE "usernameKey" = 'each'`
    await insertUser('each')
    const rows = await Promise.all(Array.from({ length: 30 }, user))
    for (const row of rows) expect(row).toEqual([{ username: 'x', createdAt: expect.any(Date) }])
  })

  it('records its statements and failures', async () => {
    const counts = () => opened.samples('db_client_operation_duration_seconds_count')
    const before = await counts()
    await query`SELECT FROM "Follow"`
    await caught(fail('22012'))
    const after = await counts()
    const growth = (key: string) => (after[key] ?? 0) - (before[key] ?? 0)
    expect(growth('Follow SELECT postgresql')).toBe(1)
    expect(growth('_OTHER postgresql 22')).toBe(1)
  })

  it('prepares each text once', async () => {
    for (const n of [1, 2, 3]) await query`SELECT ${n}::int AS "prepared once"`
    const prepared = await query`
      SELECT 1 FROM pg_prepared_statements WHERE "statement" LIKE 'SELECT $1::int AS "prepared once"'`
    expect(prepared).toHaveLength(1)
  })
})
