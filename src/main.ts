// The service's process: config, database, metrics, app, listen; and in order back on a signal.
import { setTimeout } from 'node:timers/promises'
import pino, { type Logger } from 'pino'
import { createApp } from './app.ts'
import { readBuild } from './build.ts'
import { readConfig } from './config.ts'
import { type Database, openDatabase } from './database/database.ts'
import { isUnavailable } from './database/errors.ts'
import { startServer } from './http/server.ts'
import { createMetrics } from './metrics.ts'

/** A supervisor kills after 10 s at the soonest: the database and the last metrics need some of them. */
const drainMs = 8_000
const retryMs = 1_000

async function start() {
  const config = readConfig()
  const log = pino({ level: config.logLevel, base: undefined })
  const metrics = createMetrics(readBuild())
  const stopping = new AbortController()
  const { databaseUrl: url, dataDir } = config
  const database = await openDatabase({ url, dataDir, metrics, log })
  onFirstSignal((signal) => {
    log.info({ signal }, 'stopping')
    stopping.abort()
  })

  const checks = async () => ({
    database: await succeeds(database.ping()),
    migrations: database.migrations().unapplied === 0,
    serving: !stopping.signal.aborted,
  })
  const app = createApp({ config, database, metrics, log, checks })
  try {
    const { host, port } = config
    const server = await startServer({ handle: app.callback(), host, port, metrics })
    log.info({ url: `http://${host}:${server.port}`, database: database.name }, 'listening')
    try {
      await migrate(database, log, stopping.signal)
      if (!stopping.signal.aborted) log.info('ready')
      await aborted(stopping.signal)
    } finally {
      await server.stop(drainMs)
    }
  } finally {
    await database.close()
  }
  log.info('stopped')
}

/** Applies the migrations as soon as the database is there: without it the service lives, but is not ready. */
async function migrate(database: Database, log: Logger, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      return await database.migrate()
    } catch (error) {
      if (!isUnavailable(error)) throw error
      log.warn({ database: database.name, err: error }, 'database unavailable, trying again')
      await setTimeout(retryMs, undefined, { signal }).catch(() => {})
    }
  }
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

const succeeds = (promise: Promise<unknown>) =>
  promise.then(
    () => true,
    () => false,
  )

// Nothing is exited by force: once the loop is empty, telemetry pushes its last values in `beforeExit`.
await start().catch((error: Error) => {
  process.exitCode = 1
  process.stderr.write(`${error.message}\n`)
})
