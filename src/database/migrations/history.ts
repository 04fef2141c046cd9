// The table in which Prisma keeps what was applied.
import { randomUUID } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { Migration } from './files.ts'

/** A migration that some tool began and did not roll back. */
export type AppliedMigration = { name: string; checksum: string; finished: boolean }

/** Empty where nothing was ever applied. */
export async function readHistory(connection: ClientBase): Promise<AppliedMigration[]> {
  // Asked of the catalogue's rows. to_regclass answers from a cache, in which a table that another instance made while
  // this one waited for the lock is not there yet.
  const exists = await connection.query(
    `SELECT FROM pg_catalog.pg_tables WHERE tablename = '_prisma_migrations' AND schemaname = current_schema()`,
  )
  if (exists.rowCount === 0) return []
  const { rows } = await connection.query<AppliedMigration>(
    `SELECT "migration_name" AS "name", "checksum", "finished_at" IS NOT NULL AS "finished"
     FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL`,
  )
  return rows
}

export async function recordApplied(connection: ClientBase, { name, checksum }: Migration): Promise<void> {
  await connection.query(
    `INSERT INTO "_prisma_migrations" ("id", "checksum", "migration_name", "finished_at", "applied_steps_count")
     VALUES ($1, $2, $3, clock_timestamp(), 1)`,
    [randomUUID(), checksum, name],
  )
}

/** Makes the table as Prisma's schema engine does. */
export async function ensureHistory(connection: ClientBase): Promise<void> {
  await connection.query(`CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum"              VARCHAR(64) NOT NULL,
    "finished_at"           TIMESTAMPTZ,
    "migration_name"        VARCHAR(255) NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        TIMESTAMPTZ,
    "started_at"            TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count"   INTEGER NOT NULL DEFAULT 0
  )`)
}
