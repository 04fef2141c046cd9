// Deletes what has expired: nothing reads it any more, and the tables would grow for ever.
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../database/backend.ts'
import type { PrismaClient } from '../database/generated/client.ts'
import { faultMessage } from '../database/sql-errors.ts'
import { keyExpiry } from '../posts/idempotency.ts'

const everyMs = 60_000
/** Rows in a statement, so that none holds its locks for long. */
const batch = 1_000

/** Keeps house from now on until the signal; a failure is logged and made good the next time. */
export async function deleteExpiredPeriodically(
  db: PrismaClient,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await deleteExpired(db, signal).catch((error) => {
      log.warn({ error: faultMessage(error) }, 'housekeeping failed')
    })
    await setTimeout(everyMs, undefined, { signal, ref: false }).catch(() => {})
  }
}

async function deleteExpired(db: PrismaClient, signal: AbortSignal) {
  const now = new Date()
  const deletions = [
    () => db.session.deleteMany({ where: { expiresAt: { lte: now } }, limit: batch }),
    () => db.idempotencyKey.deleteMany({ where: { createdAt: { lte: keyExpiry(now) } }, limit: batch }),
    () => db.rateLimit.deleteMany({ where: { expire: { lte: now.getTime() } }, limit: batch }),
  ]
  for (const deletion of deletions) {
    let deleted = batch
    while (deleted === batch && !signal.aborted) deleted = (await deletion()).count
  }
}
