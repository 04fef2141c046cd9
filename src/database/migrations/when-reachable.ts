// Migrates as soon as the database can be reached, so that the service starts without it and recovers by itself.
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../backend.ts'
import type { Database } from '../client.ts'
import { faultMessage, isUnavailable } from '../sql-errors.ts'

const firstWaitMs = 250
/** Short, so that a database that is back is in use within five seconds. */
const longestWaitMs = 2_000

/**
 * Calls `database.migrate()` until it succeeds, with a warning for each time that the database was not reachable.
 * Ends without a word when the signal is aborted. Any other error (a migration that fails, a wrong password, no such
 * database) is thrown: waiting does not help.
 */
export async function migrateWhenReachable(
  database: Pick<Database, 'migrate' | 'name'>,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  for (let waitMs = firstWaitMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      return await database.migrate()
    } catch (error) {
      if (signal.aborted) return
      if (!isUnavailable(error)) throw error
      log.warn(
        { database: database.name, error: faultMessage(error), retryMs: waitMs },
        'database not reachable, trying again',
      )
    }
    await setTimeout(waitMs, undefined, { signal }).catch(() => {})
  }
}
