// The service's database: one Prisma client over PGlite or PostgreSQL. Which of them is chosen here and nowhere else.
import { PrismaPg } from '@prisma/adapter-pg'
import type { Metrics } from '../metrics/instruments.ts'
import type { Backend, BackendDependencies, Log } from './backend.ts'
import { PrismaClient } from './generated/client.ts'
import { instrumentAdapter } from './instrumentation/adapter.ts'
import { applyMigrations, type MigrationCounts } from './migrations/apply.ts'
import { readMigrations } from './migrations/files.ts'
import type { Notifications } from './notifications.ts'
import { createStatementNames } from './statement-names.ts'

export type DatabaseOptions = {
  /** PostgreSQL's URL; without it the embedded database in `dataDir`. */
  url: string | undefined
  dataDir: string
  metrics: Metrics
  log: Log
}

export type Database = {
  client: PrismaClient
  kind: Backend['kind']
  notifications: Notifications
  /** For people: where it is, without a password. */
  name: string
  /** Applies what is missing; see applyMigrations for what it throws. May be called again after a failure. */
  migrate(): Promise<void>
  /** As last known. */
  migrations(): MigrationCounts
  /** Rejects within two seconds when the database does not answer. */
  ping(): Promise<void>
  /** Waits for running statements, then lets go of connections, files and the folder's lock. */
  close(): Promise<void>
}

/**
 * Opens the database, without its migrations. On PostgreSQL nothing is connected yet, so it opens while that is down.
 * Throws an Error for people when DATABASE_URL is no URL or the data folder cannot be used.
 */
export async function openDatabase({ url, dataDir, metrics, log }: DatabaseOptions): Promise<Database> {
  const files = readMigrations()
  const backend = await openBackend(url, dataDir, { metrics, log })
  const client = createClient(backend, metrics)
  // Loads the query compiler now rather than in the first request; connects nothing.
  await client.$connect()
  let counts: MigrationCounts = { applied: 0, unapplied: files.length }
  metrics.observeMigrations(() => counts)

  return {
    client,
    kind: backend.kind,
    notifications: backend.notifications,
    name: backend.name,
    migrate: () =>
      applyMigrations(backend, files, log, (latest) => {
        counts = latest
      }),
    migrations: () => counts,
    ping: backend.ping,
    close: async () => {
      await backend.close()
      await client.$disconnect()
    },
  }
}

/** Each is imported only when chosen: PGlite costs time and memory that PostgreSQL need not pay. */
async function openBackend(url: string | undefined, dataDir: string, deps: BackendDependencies) {
  if (url) return (await import('./postgres/backend.ts')).openPostgresql(url, deps)
  return (await import('./embedded/backend.ts')).openEmbedded(dataDir, deps)
}

function createClient(backend: Backend, metrics: Metrics): PrismaClient {
  const statementNameGenerator = backend.keepsStatements ? createStatementNames() : undefined
  const adapter = instrumentAdapter(new PrismaPg(backend.pool, { statementNameGenerator }), metrics)
  return new PrismaClient({ adapter })
}
