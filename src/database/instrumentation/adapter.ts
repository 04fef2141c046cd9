// Records the duration of every statement at Prisma's driver adapter, which models, raw queries and transactions share.
import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlQueryable,
  Transaction,
} from '@prisma/driver-adapter-utils'
import type { Metrics } from '../../metrics/instruments.ts'
import { retryConflicts } from '../transaction.ts'
import { recordDuration } from './duration.ts'

/** Wraps an adapter so that it records the duration of every statement. */
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
  const instrumented = instrumentQueries(adapter, metrics)
  return {
    ...instrumented,
    queryRaw: (query) => retryConflicts(() => instrumented.queryRaw(query)),
    executeRaw: (query) => retryConflicts(() => instrumented.executeRaw(query)),
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
