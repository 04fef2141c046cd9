// Applies migrations so that `prisma migrate status` agrees: the same table, checksums and advisory lock.
import { type ClientBase, DatabaseError } from 'pg'
import type { Backend, Log } from '../backend.ts'
import { isUnavailable } from '../sql-errors.ts'
import { isUnchanged, type Migration } from './files.ts'
import { type AppliedMigration, ensureHistory, readHistory, recordApplied } from './history.ts'

export type MigrationCounts = { applied: number; unapplied: number }

/** A fault in the migrations or in their history: trying again does not help. */
export class MigrationError extends Error {}

/**
 * Applies what is missing, each migration whole, in a transaction of its own, under the lock that Prisma's own engine
 * takes: of instances that start together one applies and the others wait. `onCounts` hears how many the database
 * has and lacks, first and after each.
 *
 * Throws MigrationError: a migration failed (it left nothing behind), was edited after it was applied, or was left
 * unfinished by another tool. Any other error is the database's.
 */
export async function applyMigrations(
  backend: Backend,
  migrations: Migration[],
  log: Log,
  onCounts: (counts: MigrationCounts) => void,
): Promise<void> {
  await backend.withConnection(async (connection) => {
    // Where nothing is missing, which is every start but one, it needs neither the lock nor the right to alter.
    let missing = await readMissing(connection, migrations)
    warnOfUnknown(await readHistory(connection), migrations, log)
    const counts = () => ({ applied: migrations.length - missing.length, unapplied: missing.length })
    onCounts(counts())
    while (missing.length > 0) {
      const start = performance.now()
      const applied = await applyFirstMissing(backend, connection, migrations)
      missing = await readMissing(connection, migrations)
      onCounts(counts())
      const durationMs = Math.round(performance.now() - start)
      const position = applied ? migrations.indexOf(applied) + 1 : 0
      if (applied)
        log.info(
          { migration: applied.name, position, of: migrations.length, durationMs },
          'migration applied',
        )
    }
  })
}

/** Reads again under the lock: another instance may have been first. */
async function applyFirstMissing(backend: Backend, connection: ClientBase, migrations: Migration[]) {
  await connection.query('BEGIN')
  try {
    if (backend.kind === 'postgresql') await connection.query(lock)
    const [migration] = await readMissing(connection, migrations)
    if (migration) await apply(connection, migration)
    await connection.query('COMMIT')
    return migration
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/** The key is that of Prisma's schema engine; of the transaction, so that it works behind a transaction pooler. */
const lock = 'SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(72707369)'

async function apply(connection: ClientBase, migration: Migration): Promise<void> {
  await ensureHistory(connection)
  try {
    await connection.query(migration.sql)
  } catch (error) {
    // A server that is shutting down says so with an error like others.
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

async function readMissing(connection: ClientBase, migrations: Migration[]): Promise<Migration[]> {
  const history = new Map((await readHistory(connection)).map((row) => [row.name, row]))
  for (const { name, finished } of history.values())
    if (!finished) throw new MigrationError(`Migration ${name} was begun by another tool and never finished.`)
  return migrations.filter((migration) => {
    const applied = history.get(migration.name)
    if (applied && !isUnchanged(migration, applied.checksum))
      throw new MigrationError(
        `Migration ${migration.name} was edited after it was applied. Restore its file and make a new migration.`,
      )
    return !applied
  })
}

function warnOfUnknown(history: AppliedMigration[], migrations: Migration[], log: Log): void {
  const known = new Set(migrations.map(({ name }) => name))
  const unknown = history.map(({ name }) => name).filter((name) => !known.has(name))
  if (unknown.length > 0) log.warn({ migrations: unknown }, 'the database is newer than this version')
}
