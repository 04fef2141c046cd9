import { telemetryStatus } from '../../lib/telemetry-status.ts'
import type { Database } from '../database/client.ts'

export type Health = ReturnType<typeof createHealth>

export function createHealth({
  database,
  stopping,
}: {
  database: Pick<Database, 'migrations' | 'ping'>
  stopping: AbortSignal
}) {
  return {
    /** The conditions under which the process can serve requests: each one's name, and whether it is met. */
    readiness: async (): Promise<Record<string, boolean>> => ({
      database: await succeeds(database.ping()),
      migrations: database.migrations().unapplied === 0,
      telemetry: telemetryStatus().isUp(),
      serving: !stopping.aborted,
    }),
  }
}

const succeeds = (promise: Promise<unknown>) =>
  promise.then(
    () => true,
    () => false,
  )
