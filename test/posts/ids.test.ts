// Ids that the database makes, and up to which of them nothing is to come any more.
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshServerDatabase, hasServer } from '../../harness/database.ts'
import { Prisma } from '../../src/database/generated/client.ts'
import { newIdAt, readWatermark } from '../../src/posts/ids.ts'
import { databaseKinds, type Opened, openExisting, openFresh } from '../database/support/opened.ts'

describe.each(databaseKinds)('ids on %s', (kind) => {
  let database: Opened
  beforeAll(async () => {
    database = await openFresh(kind)
  })
  afterAll(() => database.closeAndDrop())

  const made = async (time: Prisma.Sql) => {
    const [row] = await database.client.$queryRaw<{ id: string }[]>`SELECT ${newIdAt(time)} AS "id"`
    return row?.id ?? ''
  }

  it('are UUIDv7 of their moment, the microseconds in the twelve bits behind the version', async () => {
    const time = '2026-11-24T10:00:00.123Z'
    const id = await made(Prisma.sql`${time}::timestamptz + interval '456 microseconds'`)
    const milliseconds = Date.parse(time).toString(16).padStart(12, '0')
    const fraction = Math.floor(0.456 * 4096).toString(16)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(id.slice(0, 18)).toBe(`${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${fraction}`)
    expect(await made(Prisma.sql`${time}::timestamptz + interval '456 microseconds'`)).not.toBe(id)
  })

  it('are settled when nothing writes, up to now, or to as long ago as is asked for', async () => {
    const before = await made(Prisma.sql`now() - interval '2 milliseconds'`)
    expect(await readWatermark(database.client)).toSatisfy((id) => id > before)
    const settled = await readWatermark(database.client, 5_000)
    expect(settled).toSatisfy((id) => id < before)
    expect(settled).toSatisfy((id) => id > '019')
  })
})

describe.runIf(hasServer())('ids on PostgreSQL', () => {
  it('are not settled while an older transaction writes', async () => {
    const from = await freshServerDatabase()
    const database = await openExisting(from)
    const writer = new Client({ connectionString: from.env.DATABASE_URL })
    await writer.connect()
    onTestFinished(async () => {
      await writer.end()
      await database.closeAndDrop()
    })
    await writer.query('CREATE TABLE written (id uuid)')

    await writer.query('BEGIN')
    await writer.query('LOCK TABLE written IN EXCLUSIVE MODE')
    await writer.query('INSERT INTO written VALUES (gen_random_uuid())')
    const [row] = await database.client.$queryRaw<{ id: string }[]>`
      SELECT ${newIdAt(Prisma.sql`clock_timestamp()`)} AS "id"`
    const id = row?.id ?? ''
    expect(await readWatermark(database.client)).toSatisfy((settled) => settled < id)
    await writer.query('COMMIT')
    expect(await readWatermark(database.client)).toSatisfy((settled) => settled > id)
  })
})
