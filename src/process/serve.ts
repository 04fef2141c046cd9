// Runs the service in one process: starts metrics, database, app and server, and stops them in reverse order.
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { httpOrigin } from '../../lib/listen.ts'
import { reportService } from '../../lib/telemetry-status.ts'
import { createApp } from '../app.ts'
import type { Config } from '../config.ts'
import { openDatabase } from '../database/client.ts'
import { migrateWhenReachable } from '../database/migrations/when-reachable.ts'
import { startServer } from '../http/server.ts'
import { createMetrics } from '../metrics/instruments.ts'
import { readBuild } from './build.ts'
import { deleteExpiredPeriodically } from './expiry.ts'
import type { Lifecycle } from './lifecycle.ts'
import { createRateLimiters } from './rate-limiters.ts'

/** Process managers wait 10 s before SIGKILL; closing the database and exporting the last metrics takes the rest. */
const drainMs = 8_000

/** Serves until `lifecycle` stops it. Throws an Error whose message is shown to the operator when it cannot start. */
export async function serve(config: Config, log: Logger, lifecycle: Lifecycle): Promise<void> {
  const metrics = createMetrics(readBuild())
  const stopping = new AbortController()
  const closing = new AbortController()
  const { databaseUrl: url, dataDir, dataFsync } = config
  const database = await openDatabase({ url, dataDir, dataFsync, metrics, log })
  const stopped = once(stopping.signal, 'abort')
  lifecycle.onStop(() => stopping.abort())

  const limiters = createRateLimiters(config.limits, {
    shared: database.kind === 'postgresql' ? database.client : undefined,
    workers: config.workers,
  })
  const app = createApp({
    config,
    database,
    limiters,
    metrics,
    log,
    stopping: stopping.signal,
    closing: closing.signal,
  })
  try {
    const { host, port, timeouts, maxConnections, shutdownDelayMs } = config
    const server = await startServer({ ...app, host, port, metrics, timeouts, maxConnections })
    const info = { url: httpOrigin(host, server.port), database: database.name }
    reportService(config.publicUrl ?? info.url)
    lifecycle.listening(info)
    try {
      // A silent database would keep a migration waiting forever; it ends when the database is closed.
      await Promise.race([migrateWhenReachable(database, { log, signal: stopping.signal }), stopped])
      if (!stopping.signal.aborted) lifecycle.ready(info)
      void deleteExpiredPeriodically(database.client, { log, signal: stopping.signal })
      await stopped
      if (shutdownDelayMs > 0) {
        server.announceStop()
        await setTimeout(shutdownDelayMs)
      }
    } finally {
      closing.abort()
      await server.stop(drainMs)
    }
  } finally {
    await database.close()
  }
  lifecycle.stopped()
}
