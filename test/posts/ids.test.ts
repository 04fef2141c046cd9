// Post ids from the database clock, and their watermark.
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase, freshServerDatabase, hasServer } from '../../harness/database.ts'
import { Prisma } from '../../src/database/generated/client.ts'
import { newIdAt, readWatermark } from '../../src/posts/ids.ts'
import { type Opened, openExisting } from '../database/support/opened.ts'

describe('post ids', () => {
  let database: Opened
  beforeAll(async () => {
    database = await openExisting(await freshDatabase())
  })
  afterAll(() => database.closeAndDrop())

  const newId = async (time: Prisma.Sql) => {
    const [row] = await database.client.$queryRaw<{ id: string }[]>`SELECT ${newIdAt(time)} AS "id"`
    return row?.id ?? ''
  }

  it('are UUIDv7s with the microseconds in the twelve bits after the version', async () => {
    const time = '2026-11-24T10:00:00.123Z'
    const id = await newId(Prisma.sql`${time}::timestamptz + interval '456 microseconds'`)
    const milliseconds = Date.parse(time).toString(16).padStart(12, '0')
    const fraction = Math.floor(0.456 * 4096).toString(16)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(id.slice(0, 18)).toBe(`${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${fraction}`)
    expect(await newId(Prisma.sql`${time}::timestamptz + interval '456 microseconds'`)).not.toBe(id)
  })

  it('have a watermark of now, or of the given margin ago, while nothing is written', async () => {
    const before = await newId(Prisma.sql`now() - interval '2 milliseconds'`)
    expect(await readWatermark(database.query)).toSatisfy((id) => id > before)
    const watermark = await readWatermark(database.query, 5_000)
    expect(watermark).toSatisfy((id) => id < before)
    expect(watermark).toSatisfy((id) => id > '019')
  })
})

describe.runIf(hasServer())('the watermark on PostgreSQL', () => {
  it('stays below the id of an open transaction', async () => {
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
    expect(await readWatermark(database.query)).toSatisfy((watermark) => watermark < id)
    await writer.query('COMMIT')
    expect(await readWatermark(database.query)).toSatisfy((watermark) => watermark > id)
  })
})
