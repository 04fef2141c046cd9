// The interface of a database backend, which postgres/ and embedded/ implement.
import type { ClientBase, Pool } from 'pg'
import type { Log } from '../../lib/log.ts'
import type { Metrics } from '../metrics/instruments.ts'
import type { Notifications } from './notifications.ts'

export type BackendDependencies = { metrics: Metrics; log: Log }

export type Backend = {
  kind: 'pglite' | 'postgresql'
  /** Where the database is, without its password; shown to the operator. */
  name: string
  /** `delayMs` is how long the longest-waiting request for a connection has waited. */
  pool: Pool & { delayMs(): number }
  notifications: Notifications
  /** Whether a connection keeps named prepared statements from one transaction to the next. */
  keepsStatements: boolean
  /** Calls `use` with a connection without a statement timeout, for migrations. */
  withConnection<T>(use: (connection: ClientBase) => Promise<T>): Promise<T>
  /** Rejects within two seconds when the database does not respond. */
  ping(): Promise<void>
  /** Waits for running statements; rejects new ones. */
  close(): Promise<void>
}
