// What the two databases have in common, below Prisma.
import type { ClientBase, Pool } from 'pg'
import type { Metrics } from '../metrics/instruments.ts'
import type { Notifications } from './notifications.ts'

export type Log = Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>

export type BackendDependencies = { metrics: Metrics; log: Log }

export type Backend = {
  kind: 'pglite' | 'postgresql'
  /** For people: where the database is, without its password. */
  name: string
  pool: Pool
  notifications: Notifications
  /** Whether a connection may keep named prepared statements. */
  keepsStatements: boolean
  /** Gives the function a connection whose statements may take any time, for migrations. */
  withConnection<T>(use: (connection: ClientBase) => Promise<T>): Promise<T>
  /** Rejects within two seconds when the database does not answer. */
  ping(): Promise<void>
  /** Waits for running statements; what comes later is refused. */
  close(): Promise<void>
}
