// Migrates once the database is reachable, so that the service can start before its database and recover by itself.
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../../../lib/log.ts'
import type { Database } from '../client.ts'
import { errorMessage, isUnavailable } from '../sql-errors.ts'

const firstDelayMs = 250
/** Short, so that the service uses a database within five seconds of its return. */
const longestDelayMs = 2_000

/**
 * Calls `database.migrate()` until it succeeds, and logs a warning each time that the database is not reachable.
 * Returns when the signal is aborted. Throws any other error (a failed migration, a wrong password, an unknown
 * database), because a retry does not help.
 */
export async function migrateWhenReachable(
  database: Pick<Database, 'migrate' | 'name'>,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<void> {
  for (let retryMs = firstDelayMs; !signal.aborted; retryMs = Math.min(retryMs * 2, longestDelayMs)) {
    try {
      return await database.migrate()
    } catch (error) {
      if (signal.aborted) return
      if (!isUnavailable(error)) throw error
      log.warn(
        { database: database.name, error: errorMessage(error), retryMs },
        'database not reachable, trying again',
      )
    }
    await setTimeout(retryMs, undefined, { signal }).catch(() => {})
  }
}
