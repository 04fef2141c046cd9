// Applies migrations compatibly with `prisma migrate`: the same table, checksums and advisory lock.
import { type ClientBase, DatabaseError } from 'pg'
import type { Log } from '../../../lib/log.ts'
import type { Backend } from '../backend.ts'
import { isUnavailable } from '../sql-errors.ts'
import { hasChecksum, type Migration } from './files.ts'
import { type AppliedMigration, createHistory, readHistory, recordApplied } from './history.ts'

/** How many of this version's migrations the database has, and how many it lacks. */
export type MigrationCounts = { applied: number; unapplied: number }

/** A fault in the migrations or in their history, which a retry does not repair. */
export class MigrationError extends Error {}

/**
 * Applies pending migrations, each in a transaction of its own, under the lock that Prisma's engine takes. If several
 * instances start together, one applies and the others wait. `onCounts` is called first and after each migration.
 *
 * Throws MigrationError when a migration failed (and was rolled back), was edited after it was applied, or was left
 * unfinished by another tool. Throws the database's own error for everything else.
 */
export async function applyMigrations(
  backend: Backend,
  migrations: Migration[],
  log: Log,
  onCounts: (counts: MigrationCounts) => void,
): Promise<void> {
  await backend.withConnection(async (connection) => {
    // Read without the lock first, because most starts apply nothing and then need no right to alter the schema.
    const history = await readHistory(connection)
    let pending = findPending(history, migrations)
    warnAboutUnknown(history, migrations, log)
    const reportCounts = () =>
      onCounts({ applied: migrations.length - pending.length, unapplied: pending.length })
    reportCounts()
    while (pending.length > 0) {
      const start = performance.now()
      const applied = await applyNext(backend, connection, migrations)
      const durationMs = Math.round(performance.now() - start)
      pending = findPending(await readHistory(connection), migrations)
      reportCounts()
      if (!applied) continue
      const position = migrations.indexOf(applied) + 1
      log.info({ migration: applied.name, position, of: migrations.length, durationMs }, 'migration applied')
    }
  })
}

/** Applies the first pending migration and returns it. Reads the history again: another instance may have been first. */
async function applyNext(backend: Backend, connection: ClientBase, migrations: Migration[]) {
  await connection.query('BEGIN')
  try {
    if (backend.kind === 'postgresql') await connection.query(lock)
    const [migration] = findPending(await readHistory(connection), migrations)
    if (migration) await apply(connection, migration)
    await connection.query('COMMIT')
    return migration
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/** The key is that of Prisma's schema engine. The lock ends with the transaction, so it works behind a pooler. */
const lock = 'SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(72707369)'

async function apply(connection: ClientBase, migration: Migration): Promise<void> {
  await createHistory(connection)
  try {
    await connection.query(migration.sql)
  } catch (error) {
    // A server that is shutting down also sends a DatabaseError.
    if (!(error instanceof DatabaseError) || isUnavailable(error)) throw error
    throw new MigrationError(`Migration ${migration.name} failed${describe(error, migration.sql)}`, {
      cause: error,
    })
  }
  await recordApplied(connection, migration)
}

function describe({ position, code, message, detail }: DatabaseError, sql: string): string {
  const line = position
    ? ` at line ${sql.slice(0, Number(position)).split('\n').length} of its migration.sql`
    : ''
  return `${line}: ${message} (SQLSTATE ${code})${detail ? `. ${detail}` : ''}`
}

function findPending(history: AppliedMigration[], migrations: Migration[]): Migration[] {
  const unfinished = history.find(({ finished }) => !finished)
  if (unfinished)
    throw new MigrationError(`Migration ${unfinished.name} was started by another tool and never finished.`)
  return migrations.filter((migration) => {
    const applied = history.find(({ name }) => name === migration.name)
    if (applied && !hasChecksum(migration, applied.checksum))
      throw new MigrationError(
        `Migration ${migration.name} was edited after it was applied. Restore its file and create a new migration.`,
      )
    return !applied
  })
}

function warnAboutUnknown(history: AppliedMigration[], migrations: Migration[], log: Log): void {
  const known = new Set(migrations.map(({ name }) => name))
  const unknown = history.map(({ name }) => name).filter((name) => !known.has(name))
  if (unknown.length > 0) log.warn({ migrations: unknown }, 'the database is newer than this version')
}
