// Reads and writes `_prisma_migrations`, the table in which Prisma records applied migrations.
import { randomUUID } from 'node:crypto'
import type { ClientBase } from 'pg'
import type { Migration } from './files.ts'

/** A migration that was started and not rolled back, by the service or by another tool. */
export type AppliedMigration = { name: string; checksum: string; finished: boolean }

/** Returns an empty list on a database without the table. */
export async function readHistory(connection: ClientBase): Promise<AppliedMigration[]> {
  // Not to_regclass(): it uses a cache, which does not contain a table that another instance created while this one
  // waited for the lock.
  const table = await connection.query(
    `SELECT FROM pg_catalog.pg_tables WHERE tablename = '_prisma_migrations' AND schemaname = current_schema()`,
  )
  if (table.rowCount === 0) return []
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

/** Creates the table if it does not exist, as Prisma's schema engine does. */
export async function createHistory(connection: ClientBase): Promise<void> {
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
