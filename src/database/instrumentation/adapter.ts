// Records the duration of every statement at Prisma's driver adapter, which models, raw queries and transactions share.
import {
  DriverAdapterError,
  type MappedError,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlQueryable,
  type Transaction,
} from '@prisma/driver-adapter-utils'
import { databaseErrors } from '../../metrics/catalogue.ts'
import type { DatabaseOperation, Metrics } from '../../metrics/instruments.ts'
import { toDriverError } from '../sql-errors.ts'
import { describeStatement } from './describe-sql.ts'

/**
 * Wraps an adapter so that it records `db.client.operation.duration` (OpenTelemetry semantic conventions for database
 * metrics). The duration includes the wait for a connection, for statements outside of a transaction.
 */
export function instrumentAdapter(
  factory: SqlDriverAdapterFactory,
  metrics: Metrics,
): SqlDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => instrumentConnection(await factory.connect(), metrics),
  }
}

function instrumentConnection(adapter: SqlDriverAdapter, metrics: Metrics): SqlDriverAdapter {
  return {
    ...instrumentQueries(adapter, metrics),
    // PrismaPg splits scripts at every semicolon. Only migrations run scripts, on a connection of their own.
    executeScript: () => Promise.reject(new Error('Only migrations run scripts.')),
    startTransaction: async (isolationLevel) => {
      const start = () => adapter.startTransaction(isolationLevel)
      return instrumentTransaction(await recordDuration('BEGIN', start, metrics), metrics)
    },
    getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true },
    dispose: () => adapter.dispose(),
  }
}

/** Prisma sends COMMIT and ROLLBACK as statements; `commit()` and `rollback()` only release the connection. */
function instrumentTransaction(transaction: Transaction, metrics: Metrics): Transaction {
  return {
    ...instrumentQueries(transaction, metrics),
    options: transaction.options,
    commit: () => transaction.commit(),
    rollback: () => transaction.rollback(),
    createSavepoint: async (name) => transaction.createSavepoint?.(name),
    rollbackToSavepoint: async (name) => transaction.rollbackToSavepoint?.(name),
    releaseSavepoint: async (name) => transaction.releaseSavepoint?.(name),
  }
}

function instrumentQueries(queryable: SqlQueryable, metrics: Metrics): SqlQueryable {
  return {
    provider: queryable.provider,
    adapterName: queryable.adapterName,
    queryRaw: (query: SqlQuery) => recordDuration(query.sql, () => queryable.queryRaw(query), metrics),
    executeRaw: (query: SqlQuery) => recordDuration(query.sql, () => queryable.executeRaw(query), metrics),
  }
}

async function recordDuration<T>(sql: string, run: () => Promise<T>, metrics: Metrics): Promise<T> {
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
  if (!(error instanceof DriverAdapterError)) return '_OTHER'
  const { kind, originalCode } = error.cause
  if (kind === 'SocketTimeout') return 'timeout'
  const type = originalCode?.slice(0, 2) ?? (connectionErrors.has(kind) ? '08' : '_OTHER')
  return databaseErrors.find((known) => known === type) ?? '_OTHER'
}

const connectionErrors: ReadonlySet<MappedError['kind']> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'TlsConnectionError',
])
