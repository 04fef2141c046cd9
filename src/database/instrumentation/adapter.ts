// Measures every statement at the driver adapter, where both databases, models, raw queries and transactions meet.
import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  Transaction,
} from '@prisma/driver-adapter-utils'
import type { Metrics } from '../../metrics/instruments.ts'
import { asDriverError, errorClass } from '../driver-errors.ts'
import { describeStatement } from './describe-sql.ts'

/**
 * Gives an adapter that records `db.client.operation.duration` (OpenTelemetry database semantic conventions): the
 * time that the service waits for a statement, the wait for a connection included where it makes one.
 */
export function instrumentAdapter(
  factory: SqlDriverAdapterFactory,
  metrics: Metrics,
): SqlDriverAdapterFactory {
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => measureConnection(await factory.connect(), metrics),
  }
}

function measureConnection(adapter: SqlDriverAdapter, metrics: Metrics): SqlDriverAdapter {
  return {
    ...measureQueries(adapter, metrics),
    // Prisma's own splits at every semicolon; migrations run whole, on a connection of their own.
    executeScript: () => Promise.reject(new Error('Scripts are run by the migrations alone.')),
    startTransaction: async (isolationLevel) => {
      const start = () => adapter.startTransaction(isolationLevel)
      return measureTransaction(await measure('BEGIN', start, metrics), metrics)
    },
    getConnectionInfo: () => adapter.getConnectionInfo?.() ?? { supportsRelationJoins: true },
    dispose: () => adapter.dispose(),
  }
}

/** COMMIT and ROLLBACK are statements like others; `commit()` and `rollback()` then only return the connection. */
function measureTransaction(transaction: Transaction, metrics: Metrics): Transaction {
  return {
    ...measureQueries(transaction, metrics),
    options: transaction.options,
    commit: () => transaction.commit(),
    rollback: () => transaction.rollback(),
    createSavepoint: async (name) => transaction.createSavepoint?.(name),
    rollbackToSavepoint: async (name) => transaction.rollbackToSavepoint?.(name),
    releaseSavepoint: async (name) => transaction.releaseSavepoint?.(name),
  }
}

function measureQueries(queryable: SqlQueryable, metrics: Metrics): SqlQueryable {
  return {
    provider: queryable.provider,
    adapterName: queryable.adapterName,
    queryRaw: (query: SqlQuery) => measure(query.sql, () => queryable.queryRaw(query), metrics),
    executeRaw: (query: SqlQuery) => measure(query.sql, () => queryable.executeRaw(query), metrics),
  }
}

async function measure<T>(sql: string, run: () => Promise<T>, metrics: Metrics): Promise<T> {
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  try {
    const result = await run()
    metrics.databaseOperated(describeStatement(sql), seconds())
    return result
  } catch (thrown) {
    const error = asDriverError(thrown)
    metrics.databaseOperated({ ...describeStatement(sql), error: errorClass(error) }, seconds())
    throw error
  }
}
