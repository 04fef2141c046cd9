// Deletes expired rows, which nothing reads any more, so that their tables do not grow without limit.
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../../lib/log.ts'
import type { PrismaClient } from '../database/generated/client.ts'
import { errorMessage } from '../database/sql-errors.ts'
import { keyExpiry } from '../posts/idempotency.ts'

const intervalMs = 60_000
/** Rows per statement, so that no statement holds its locks for long. */
const batchSize = 1_000

/** Deletes at once and then every minute until the signal is aborted. Logs a failure and retries at the next interval. */
export async function deleteExpiredPeriodically(
  db: PrismaClient,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await deleteExpired(db, signal).catch((error) => {
      log.warn({ error: errorMessage(error) }, 'expired rows not deleted')
    })
    await setTimeout(intervalMs, undefined, { signal, ref: false }).catch(() => {})
  }
}

async function deleteExpired(db: PrismaClient, signal: AbortSignal) {
  const now = new Date()
  const limit = batchSize
  const deletions = [
    () => db.session.deleteMany({ where: { expiresAt: { lte: now } }, limit }),
    () => db.idempotencyKey.deleteMany({ where: { createdAt: { lte: keyExpiry(now) } }, limit }),
    () => db.rateLimit.deleteMany({ where: { expire: { lte: now.getTime() } }, limit }),
  ]
  for (const deleteBatch of deletions) {
    let deleted = batchSize
    while (deleted === batchSize && !signal.aborted) deleted = (await deleteBatch()).count
  }
}
