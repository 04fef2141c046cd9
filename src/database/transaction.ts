// Transactions that are retried after a conflict with another transaction.
import { setTimeout } from 'node:timers/promises'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { isConflict } from './sql-errors.ts'

const attempts = 4
/** Doubled with each attempt. The delay is a random part of it, so that two transactions do not collide again. */
const baseDelayMs = 20

const timeouts = { maxWait: 5_000, timeout: 10_000 }

/**
 * Runs `work` in one transaction and returns its result. Rolls back and rethrows when `work` throws.
 *
 * `work` may run up to four times, so it must do nothing but query `tx`; record metrics and log afterwards. It must not
 * use `client`: the embedded database has one connection, which the transaction holds.
 */
export function transact<T>(
  client: PrismaClient,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  return retryConflicts(() => client.$transaction(work, timeouts))
}

/**
 * Retries a transaction after a serialization failure (40001) or a deadlock (40P01): at most four attempts within
 * 0.3 s. A statement outside of a transaction needs it too, even if it only reads, where the isolation level is
 * serializable; and PostgreSQL-compatible distributed engines fail with 40001 where PostgreSQL waits for a lock. Such
 * statements are retried in query.ts and in instrumentation/adapter.ts.
 */
export async function retryConflicts<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === attempts || !isConflict(error)) throw error
      await setTimeout(Math.random() * baseDelayMs * 2 ** attempt)
    }
  }
}
