// The service under test: a process of its own on a PostgreSQL database of its own, with a relay in between.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { createRelay } from '../http/relay.ts'
import { administer, urlOf } from '../postgres.ts'

export type Service = Awaited<ReturnType<typeof startService>>

const settings = {
  PORT: '0',
  OTEL_EXPORTER_PROMETHEUS_PORT: '0',
  LOG_LEVEL: 'info',
  RATE_LIMIT_REQUESTS: '0',
  RATE_LIMIT_LOGIN: '0',
  RATE_LIMIT_SIGNUP: '0',
  RATE_LIMIT_POSTS: '0',
}

/** An empty database on the server, to be dropped; `url` leads past the relay. */
export async function createDatabase(adminUrl: string) {
  const name = `microposts_alerts_${randomUUID()}`
  await administer(adminUrl, `CREATE DATABASE "${name}"`)
  return {
    url: urlOf(adminUrl, name),
    drop: () => administer(adminUrl, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`),
  }
}

/** `connections` is the size of its pool. */
export type ServiceOptions = { connections?: number; workers?: number }

/** Starts the service and waits for the log line `until`; `workerPids` grows when one is replaced. */
export async function startService(
  options: ServiceOptions & { databaseUrl: string; until: 'ready' | 'listening' },
) {
  const direct = new URL(options.databaseUrl)
  const relay = createRelay(Number(direct.port || 5432))
  await relay.start()
  const relayed = new URL(direct)
  relayed.host = `127.0.0.1:${relay.port()}`
  if (options.connections) relayed.searchParams.set('connection_limit', String(options.connections))

  const child = spawn(process.execPath, ['--import', './otel/register.ts', 'src/main.ts'], {
    env: {
      PATH: process.env.PATH,
      ...settings,
      DATABASE_URL: relayed.href,
      WORKERS: String(options.workers ?? 1),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill('SIGCONT')
    child.kill(signal)
    await ended
    await relay.stop()
  }
  const said: Record<string, string> = {}
  const workerPids: number[] = []
  const lines = createInterface(child.stdout)
  await new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      const { msg, url, endpoint, pid } = JSON.parse(line)
      said[msg] = url ?? endpoint
      if (msg === 'worker started') workerPids.push(pid)
      if (msg === options.until) resolve()
    })
    lines.once('close', resolve)
  })
  const { listening: url, 'metrics exported': metricsUrl } = said
  if (!url || !metricsUrl) throw new Error('The service did not start; what it said is above.')
  return {
    url,
    metricsUrl,
    relay,
    workerPids,
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    stop,
  }
}
