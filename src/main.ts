// The service's process: config, database, metrics, app, listen; and in order back on a signal.
import pino from 'pino'
import { createApp } from './app.ts'
import { readBuild } from './build.ts'
import { readConfig } from './config.ts'
import { openDatabase } from './database/database.ts'
import { migrateWhenReachable } from './database/migrate-when-reachable.ts'
import { keepHouse } from './housekeeping.ts'
import { startServer } from './http/server.ts'
import { createMetrics } from './metrics.ts'
import { createChecks } from './readiness.ts'

/** A supervisor kills after 10 s at the soonest: the database and the last metrics need some of them. */
const drainMs = 8_000

async function start() {
  const config = readConfig()
  const log = pino({ level: config.logLevel, base: undefined })
  const metrics = createMetrics(readBuild())
  const stopping = new AbortController()
  const { databaseUrl, dataDir } = config
  const database = await openDatabase({ url: databaseUrl, dataDir, metrics, log })
  onFirstSignal((signal) => {
    log.info({ signal }, 'stopping')
    stopping.abort()
  })

  const checks = createChecks(database, stopping.signal)
  const app = createApp({ config, database, metrics, log, checks, stopping: stopping.signal })
  try {
    const { host, port } = config
    const server = await startServer({ handle: app.callback(), host, port, metrics })
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`
    log.info({ url, database: database.name }, 'listening')
    try {
      await migrateWhenReachable(database, { log, signal: stopping.signal })
      if (!stopping.signal.aborted) log.info('ready')
      void keepHouse(database.client, { log, signal: stopping.signal })
      await aborted(stopping.signal)
    } finally {
      await server.stop(drainMs)
    }
  } finally {
    await database.close()
  }
  log.info('stopped')
}

/** The second signal ends the process as it would have without us. */
function onFirstSignal(listener: (signal: NodeJS.Signals) => void) {
  const signals = ['SIGTERM', 'SIGINT'] as const
  const first = (signal: NodeJS.Signals) => {
    for (const name of signals) process.off(name, first)
    listener(signal)
  }
  for (const name of signals) process.on(name, first)
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', resolve))
}

// Nothing is exited by force: once the loop is empty, telemetry pushes its last values in `beforeExit`.
await start().catch((error: Error) => {
  process.exitCode = 1
  process.stderr.write(`${error.message}\n`)
})
