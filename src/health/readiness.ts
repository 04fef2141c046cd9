// What must hold for requests to be answered, each condition by its name.
import { channel } from 'node:diagnostics_channel'
import type { Database } from '../database/client.ts'

/** On it whatever measures the service, which is not known here, withdraws `telemetry`; unmeasured, nobody does. */
const readiness = channel('microposts.readiness')

export function createChecks(database: Pick<Database, 'migrations' | 'ping'>, stopping: AbortSignal) {
  return async () => {
    const checks = {
      database: await succeeds(database.ping()),
      migrations: database.migrations().unapplied === 0,
      telemetry: true,
      serving: !stopping.aborted,
    }
    readiness.publish(checks)
    return checks
  }
}

const succeeds = (promise: Promise<unknown>) =>
  promise.then(
    () => true,
    () => false,
  )
