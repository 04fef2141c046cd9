// Lists of users with many rows. Their statements read a page, not all rows of the user or of everybody.

import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshServerDatabase, hasServer } from '../../harness/database.ts'
import { call } from '../../harness/http/client.ts'
import { openQuietly } from '../../harness/open-database.ts'
import { startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'
import { prepare, seedId, seedUsers } from './support/prepared.ts'

const count = 20_000
const requests = 12
const limit = 20

/**
 * Everybody follows seed1, who follows everybody; the others follow the next two users, so that PostgreSQL expects few rows of a user.
 * The oldest posts of seed1 mention seed2. Newer posts by others mention seed3.
 */
const rows = [
  seedUsers(count),
  `INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
   SELECT ${seedId('0191', 'n')}, ${seedId('0190', 'n')}, ${seedId('0190', '1')}, now() FROM generate_series(2, ${count}) n`,
  `INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
   SELECT ${seedId('0192', 'n')}, ${seedId('0190', '1')}, ${seedId('0190', 'n')}, now() FROM generate_series(2, ${count}) n`,
  `INSERT INTO "Follow" ("id", "followerId", "followeeId", "createdAt")
   SELECT ${seedId('0195', '3 * n + step')}, ${seedId('0190', 'n')}, ${seedId('0190', 'n + step')}, now()
   FROM generate_series(2, ${count - 2}) n, generate_series(1, 2) step`,
  `INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "referencedId")
   SELECT ${seedId('0193', 'n')}, ${seedId('0190', '1')}, 'old', now(), ${seedId('0190', '2')} FROM generate_series(1, 500) n`,
  `INSERT INTO "Post" ("id", "authorId", "text", "createdAt", "referencedId")
   SELECT ${seedId('0194', 'n')}, ${seedId('0190', 'n')}, 'new', now(), ${seedId('0190', '3')} FROM generate_series(1, ${count}) n`,
]

describe.runIf(hasServer())('a list that belongs to a user with many rows', () => {
  let database: Awaited<ReturnType<typeof freshServerDatabase>>
  let client: Client
  beforeAll(async () => {
    database = await freshServerDatabase()
    const { migrate, close } = await openQuietly(database.env)
    await migrate().finally(close)
    await prepare(database, rows)
    client = new Client(database.env.DATABASE_URL)
    await client.connect()
    await client.query('VACUUM ANALYZE')
  })
  afterAll(async () => {
    await client.end()
    await database.drop()
  })

  it.each([
    ['Follow', 'seed1/followers?'],
    ['Follow', 'seed1/following?'],
    ['Follow', 'seed1/followers?user=seed7&'],
    ['Post', 'seed1/collection?'],
    ['Post', 'seed2/references?'],
  ])('reads a page of the table %s for %s', async (table, path) => {
    const before = await readRows(table)
    const service = await startService({}, database)
    // More than the five executions after which PostgreSQL may choose a plan that does not know the user.
    for (let request = 0; request < requests; request++) {
      const { status, body } = await call(service, 'GET', `/api/users/${path}limit=${limit}`)
      expect([status, body.length]).toEqual([200, path.includes('user=') ? 1 : limit])
    }
    await service.stop()
    const read = await readRows(table)
    expect(read.scans - before.scans).toBeGreaterThanOrEqual(requests)
    expect(read.rows - before.rows).toBeLessThan(requests * limit * 10)
  })

  /** How often a table was scanned, and the rows that its indexes and scans returned; complete once no service is connected. */
  async function readRows(table: string): Promise<{ scans: number; rows: number }> {
    await until('the service has disconnected', async () => {
      const { rows } = await client.query(
        'SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      )
      return rows.length === 0
    })
    const { rows } = await client.query<{ scans: number; rows: number }>(
      `SELECT (t.seq_scan + sum(i.idx_scan))::int AS "scans", (t.seq_tup_read + sum(i.idx_tup_read))::int AS "rows"
       FROM pg_stat_user_tables t JOIN pg_stat_user_indexes i USING (relid)
       WHERE t.relname = $1 GROUP BY t.seq_scan, t.seq_tup_read`,
      [table],
    )
    return rows[0] ?? { scans: 0, rows: 0 }
  }
})
