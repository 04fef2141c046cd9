// Records the duration of every statement, sent by Prisma's adapter or by query.ts.
import { DriverAdapterError, type MappedError } from '@prisma/driver-adapter-utils'
import { databaseErrors } from '../../metrics/catalogue.ts'
import type { DatabaseOperation, Metrics } from '../../metrics/instruments.ts'
import { sqlState, toDriverError } from '../sql-errors.ts'
import { describeStatement } from './describe-sql.ts'

/**
 * Runs a statement and records `db.client.operation.duration` (OpenTelemetry semantic conventions for database metrics).
 * The duration includes the wait for a connection, for statements outside of a transaction.
 *
 * Throws the error of `run`, as `toDriverError` translates it.
 */
export async function recordDuration<T>(sql: string, run: () => Promise<T>, metrics: Metrics): Promise<T> {
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  try {
    const result = await run()
    metrics.databaseOperated(describeStatement(sql), seconds())
    return result
  } catch (thrown) {
    const error = toDriverError(thrown)
    metrics.databaseOperated({ ...describeStatement(sql), error: errorType(error) }, seconds())
    throw error
  }
}

/** `error.type`: the SQLSTATE class (PostgreSQL, appendix A), or its equivalent for an error that the server did not send. */
function errorType(error: unknown): DatabaseOperation['error'] {
  const kind = error instanceof DriverAdapterError ? error.cause.kind : undefined
  if (kind === 'SocketTimeout') return 'timeout'
  const type = sqlState(error)?.slice(0, 2) ?? (kind && connectionErrors.has(kind) ? '08' : '_OTHER')
  return databaseErrors.find((known) => known === type) ?? '_OTHER'
}

const connectionErrors: ReadonlySet<MappedError['kind']> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'TlsConnectionError',
])
