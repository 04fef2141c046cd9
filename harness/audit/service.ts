// The service that is audited: one process after the other, at the same place, on the same database.

import type { DatabaseEnv } from '../database.ts'
import { runService } from '../service.ts'
import { type Scrape, scrape } from '../telemetry/scrape.ts'
import { until } from '../until.ts'
import { loginLimit } from './actions/people.ts'

export type Service = Awaited<ReturnType<typeof startService>>

/** How long requests and streams may take to end once their clients are gone. */
const restMs = 10_000

/** All limits are off but that on logins, so that there is something to refuse. */
const settings = {
  HOST: '127.0.0.1',
  TRUST_PROXY: 'true',
  RATE_LIMIT_REQUESTS: '0',
  RATE_LIMIT_SIGNUP: '0',
  RATE_LIMIT_POSTS: '0',
  RATE_LIMIT_LOGIN: String(loginLimit),
  OTEL_METRICS_EXPORTER: 'prometheus,otlp',
}

/** Starts the first one, and waits until it is ready. */
export async function startService(at: { port: number; database: DatabaseEnv; collectorUrl: string }) {
  const died = Promise.withResolvers<never>()
  died.promise.catch(() => {})
  let stopping = false
  const start = async () => {
    stopping = false
    const started = runService({
      ...settings,
      ...at.database,
      PORT: String(at.port),
      OTEL_EXPORTER_OTLP_ENDPOINT: at.collectorUrl,
    })
    void started.exited.then((code) => {
      if (!stopping) died.reject(new Error(`The service ended by itself (${code}): ${started.stderr()}`))
    })
    await started.logged('ready')
    return started
  }
  const exitCodes: (number | null)[] = []
  let running = await start()
  const stop = async () => {
    stopping = true
    running.kill('SIGTERM')
    exitCodes.push(await running.exited)
  }
  return {
    /** Of those that were stopped; null for one that a signal killed. */
    exitCodes,
    /** Rejects when one ends without being told to. */
    died: died.promise,
    stop,
    async restart() {
      await stop()
      running = await start()
    },
    /** What its pull endpoint serves once it rests; what never ends is a difference, and not for here. */
    async pageAtRest(): Promise<Scrape> {
      const { endpoint } = await running.logged('metrics exported')
      const read = () => scrape({ metricsUrl: String(endpoint) })
      await until('it rests', async () => isAtRest(await read()), restMs).catch(() => {})
      return read()
    },
    kill: () => {
      stopping = true
      running.kill('SIGKILL')
    },
  }
}

const isAtRest = (page: Scrape) =>
  page.sum('http_server_active_requests') === 0 && page.sum('microposts_stream_clients') === 0
