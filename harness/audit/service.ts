// The audited service: one process after another, on one port and one database.
import type { DatabaseEnv } from '../database.ts'
import { noLimits, runService } from '../service.ts'
import { type Scrape, scrape } from '../telemetry/scrape.ts'
import { until } from '../until.ts'
import { loginLimit } from './actions/accounts.ts'

export type AuditedService = Awaited<ReturnType<typeof startAudited>>

/** How long requests and streams may take to end after their clients. */
const idleTimeoutMs = 10_000

type Where = { port: number; database: DatabaseEnv; collectorUrl: string; workers: number }

/** Starts the first process, with its workers if there are several, and waits until it is ready. */
export async function startAudited(at: Where) {
  const crashed = Promise.withResolvers<never>()
  crashed.promise.catch(() => {})
  let stopping = false
  const start = async () => {
    stopping = false
    const started = runService({
      ...noLimits,
      ...at.database,
      HOST: '127.0.0.1',
      PORT: String(at.port),
      WORKERS: String(at.workers),
      TRUST_PROXY: 'true',
      // One limit stays on, so that some requests exceed it.
      RATE_LIMIT_LOGIN: String(loginLimit),
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: at.collectorUrl,
    })
    void started.exited.then((code) => {
      if (!stopping) crashed.reject(new Error(`The service exited with ${code}: ${started.stderr()}`))
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
    const workers = running.lines.filter(({ msg }) => msg === 'worker stopped')
    exitCodes.push(...workers.map(({ code }) => code as number | null))
  }
  return {
    /** Of the processes, workers too, that have stopped; null for one that a signal killed. */
    exitCodes,
    /** Rejects when a process ends before it is stopped. */
    crashed: crashed.promise,
    stop,
    async restart() {
      await stop()
      running = await start()
    },
    /** Scrapes the running process once this holds, or after a timeout: the checks then report what is missing. */
    async scrapeWhen(holds: (scraped: Scrape) => boolean | Promise<boolean>): Promise<Scrape> {
      const { endpoint } = await running.logged('metrics exported')
      const read = () => scrape({ metricsUrl: String(endpoint) })
      await until('the service is idle', async () => holds(await read()), idleTimeoutMs).catch(() => {})
      return read()
    },
    kill: () => {
      stopping = true
      running.kill('SIGKILL')
    },
  }
}

export const isIdle = ({ sum }: Scrape) =>
  sum('http_server_active_requests') === 0 && sum('microposts_stream_clients') === 0
