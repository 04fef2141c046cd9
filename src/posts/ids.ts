// UUIDv7s from the database clock, and a watermark: no row with a lower id can still be committed.
import { Prisma } from '../database/generated/client.ts'
import type { Query } from '../database/query.ts'

/** SQL for a new UUIDv7 of a time; `rand_a` holds the microseconds (RFC 9562, section 6.2, method 3). */
export const newIdAt = (time: Prisma.Sql) => uuidv7(time, Prisma.sql`substr(gen_random_uuid()::text, 19)`)

/**
 * Reads the watermark: an id below which no new row can appear.
 *
 * Invariant: a transaction that inserts such a row first takes a lock, which assigns it a transaction id (`backend_xid`),
 * and only then generates the row's id from `clock_timestamp()`. So the id is later than the start of its transaction,
 * and the start of the oldest open transaction with a `backend_xid` is a lower bound for all ids still to come.
 *
 * Read the watermark in a separate statement, before the rows. Only transactions of the same database user count, and
 * only those under 15 s old: the service lets none of its own run longer.
 *
 * @param marginMs the minimum age of the watermark, for an engine that does not show its open transactions
 */
export async function readWatermark(query: Query, marginMs = 0): Promise<string> {
  const lowest = uuidv7(Prisma.sql`"time"`, Prisma.sql`'-8000-000000000000'`)
  const [row] = await query<{ id: string }>`
    SELECT ${lowest} AS "id" FROM (
      SELECT LEAST(now() - ${marginMs} * interval '1 millisecond', min("xact_start")) AS "time"
      FROM pg_stat_activity
      WHERE "backend_xid" IS NOT NULL AND "datname" = current_database() AND "usename" = current_user
        AND "xact_start" > now() - interval '15 seconds'
    ) oldest`
  if (!row) throw new Error('The database returned no watermark.')
  return row.id
}

function uuidv7(time: Prisma.Sql, tail: Prisma.Sql): Prisma.Sql {
  const microseconds = Prisma.sql`trunc(extract(epoch FROM ${time}) * 1000000)::bigint`
  const milliseconds = Prisma.sql`lpad(to_hex(${microseconds} / 1000), 12, '0')`
  const fraction = Prisma.sql`lpad(to_hex(${microseconds} % 1000 * 4096 / 1000), 3, '0')`
  return Prisma.sql`
    (substr(${milliseconds}, 1, 8) || '-' || substr(${milliseconds}, 9) || '-7' || ${fraction} || ${tail})::uuid`
}
