// Opens the database: one Prisma client over PostgreSQL or the embedded PGlite. Nothing else chooses between the two.
import { PrismaPg } from '@prisma/adapter-pg'
import type { Log } from '../../lib/log.ts'
import type { Metrics } from '../metrics/instruments.ts'
import type { Backend } from './backend.ts'
import { PrismaClient } from './generated/client.ts'
import { instrumentAdapter } from './instrumentation/adapter.ts'
import { applyMigrations, type MigrationCounts } from './migrations/apply.ts'
import { readMigrations } from './migrations/files.ts'
import { createQuery, type Query } from './query.ts'
import { createStatementNames } from './statement-names.ts'

type DatabaseOptions = {
  /** PostgreSQL's URL; undefined for the embedded database in `dataDir`. */
  url: string | undefined
  dataDir: string
  /** Whether commits to the embedded database are flushed to the disk. */
  dataFsync?: boolean | undefined
  metrics: Metrics
  log: Log
}

export type Database = Pick<Backend, 'kind' | 'name' | 'notifications' | 'ping'> & {
  client: PrismaClient
  /** Runs hot statements; see query.ts. */
  query: Query
  /** How long the longest-waiting statement has waited for a connection. */
  connectionDelayMs(): number
  /** Applies pending migrations, and throws as applyMigrations does. May be called again after a failure. */
  migrate(): Promise<void>
  /** The counts that `migrate` read last; none applied before its first call. */
  migrations(): MigrationCounts
  /** Waits for running statements, then releases connections, files and the lock of the data folder. */
  close(): Promise<void>
}

/**
 * Opens the database without migrating it. It makes no connection to PostgreSQL, so it works while the server is down.
 * Throws an Error whose message is shown to the operator when DATABASE_URL is invalid or the data folder cannot be used.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { metrics, log } = options
  const files = readMigrations()
  const backend = await openBackend(options)
  const nameOf = backend.keepsStatements ? createStatementNames() : undefined
  const adapter = new PrismaPg(backend.pool, { statementNameGenerator: nameOf })
  const client = new PrismaClient({ adapter: instrumentAdapter(adapter, metrics) })
  // Loads the query compiler now instead of during the first request. It opens no connection.
  await client.$connect()
  let counts: MigrationCounts = { applied: 0, unapplied: files.length }
  metrics.observeMigrations(() => counts)

  return {
    client,
    query: createQuery(backend.pool, metrics, nameOf),
    kind: backend.kind,
    name: backend.name,
    notifications: backend.notifications,
    ping: backend.ping,
    connectionDelayMs: () => backend.pool.delayMs(),
    migrate: () =>
      applyMigrations(backend, files, log, (latest) => {
        counts = latest
      }),
    migrations: () => counts,
    close: async () => {
      await backend.close()
      await client.$disconnect()
    },
  }
}

/** Imported lazily: with PostgreSQL, PGlite would only cost start time and memory. */
async function openBackend({ url, dataDir, dataFsync, metrics, log }: DatabaseOptions) {
  const deps = { metrics, log }
  if (url) return (await import('./postgres/backend.ts')).openPostgresql(url, deps)
  return (await import('./embedded/backend.ts')).openEmbedded(dataDir, deps, { fsync: dataFsync })
}
