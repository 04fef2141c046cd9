// A transaction that is run again when another one was in its way.
import { setTimeout } from 'node:timers/promises'
import type { Prisma, PrismaClient } from './generated/client.ts'
import { isConflict } from './sql-errors.ts'

const attempts = 4
/** Doubled each time; the wait is a random part of it, so that two that met do not meet again. */
const firstWaitMs = 20

/** A PostgreSQL-compatible distributed engine answers 40001 where PostgreSQL itself would have waited. */
const limits = { maxWait: 5_000, timeout: 10_000 }

/**
 * Runs `work` in one transaction and gives what it gives; rolls back when it throws.
 *
 * `work` may run several times (serialization failure 40001, deadlock 40P01; at most four, within 0.2 s), so it
 * must do nothing but ask `tx`: count, send and log afterwards. It must not use the client itself: on the embedded
 * database that waits for the connection that the transaction holds.
 */
export async function transact<T>(
  client: PrismaClient,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  return retried(() => client.$transaction(work, limits))
}

/** The same for a statement that is its own transaction. */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === attempts || !isConflict(error)) throw error
      await setTimeout(Math.random() * firstWaitMs * 2 ** attempt)
    }
  }
}
