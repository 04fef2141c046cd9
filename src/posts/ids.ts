// Ids by the database's clock, and up to which of them every row that will ever be there is there.
import { Prisma, type PrismaClient } from '../database/generated/client.ts'

/** A new UUIDv7 of a moment, in SQL; its fraction of the millisecond is in `rand_a` (RFC 9562, section 6.2, method 3). */
export const newIdAt = (time: Prisma.Sql) => idOf(time, Prisma.sql`substr(gen_random_uuid()::text, 19)`)

/**
 * Below this id no row will appear any more whose transaction first took a lock and then made its id with
 * `newIdAt(clock_timestamp())`: its id is younger than its transaction, and no such transaction is under way.
 *
 * To be asked in a statement of its own, before the one that reads the rows. It looks at the transactions of the same
 * user; one that lasts longer than any of the service may (15 s) is none of its own.
 *
 * @param marginMs how long ago at least; for an engine that does not tell its transactions
 */
export async function settledId(db: PrismaClient, marginMs = 0): Promise<string> {
  const first = idOf(Prisma.sql`"time"`, Prisma.sql`'-8000-000000000000'`)
  const [row] = await db.$queryRaw<{ id: string }[]>`
    SELECT ${first} AS "id" FROM (
      SELECT LEAST(now() - ${marginMs} * interval '1 millisecond', min("xact_start")) AS "time"
      FROM pg_stat_activity
      WHERE "backend_xid" IS NOT NULL AND "datname" = current_database() AND "usename" = current_user
        AND "xact_start" > now() - interval '15 seconds'
    ) settled`
  if (!row) throw new Error('The database told no time.')
  return row.id
}

function idOf(time: Prisma.Sql, tail: Prisma.Sql): Prisma.Sql {
  const microseconds = Prisma.sql`trunc(extract(epoch FROM ${time}) * 1000000)::bigint`
  const digits = Prisma.sql`lpad(to_hex(${microseconds} / 1000), 12, '0')`
  const fraction = Prisma.sql`lpad(to_hex(${microseconds} % 1000 * 4096 / 1000), 3, '0')`
  return Prisma.sql`(substr(${digits}, 1, 8) || '-' || substr(${digits}, 9) || '-7' || ${fraction} || ${tail})::uuid`
}
