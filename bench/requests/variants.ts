// The programs that are compared: the limit, and the service on each database.
import { Agent } from 'node:http'
import type { DatabaseEnv } from '../../harness/database.ts'
import { runService, startService } from '../../harness/service.ts'
import type { Measured } from '../load/measure.ts'
import { scrape } from '../telemetry/scrape.ts'

export type Program = Measured & { name: string; stop(): Promise<void> }
export type VariantName = keyof typeof starts

/** Limits that count every request, as in production, and never refuse one. */
export const limits = { RATE_LIMIT_REQUESTS: '999999999', RATE_LIMIT_POSTS: '999999999' }
const reportUsage = './bench/load/report-usage.ts'

const starts = {
  limit: startLimit,
  'telemetry off': (database: DatabaseEnv) => start(database, { OTEL_SDK_DISABLED: 'true' }),
  'telemetry on': (database: DatabaseEnv) => start(database, {}),
  'two workers': (database: DatabaseEnv) => start(database, { WORKERS: '2' }, 2),
  embedded: (database: DatabaseEnv) => start(database, {}),
}

/** Variants on PostgreSQL share a database; an embedded database serves one process only. */
export const serverVariants = ['limit', 'telemetry off', 'telemetry on', 'two workers'] as const

export async function startVariant(
  name: VariantName,
  database: DatabaseEnv,
  connections: number,
): Promise<Program> {
  const program = await starts[name](database)
  const agent = new Agent({ keepAlive: true, maxSockets: connections * (program.workers ?? 1) })
  const stop = async () => {
    agent.destroy()
    await program.stop()
  }
  return { ...program, name, agent, stop }
}

async function start(env: DatabaseEnv, settings: Record<string, string>, workers = 1) {
  const preload = ['./otel/register.ts', reportUsage]
  const service = await startService({ ...limits, ...settings }, { env }, { preload, ipc: true })
  const { metricsUrl } = service
  return { ...service, workers, scrape: metricsUrl ? () => scrape(metricsUrl) : undefined }
}

async function startLimit(env: DatabaseEnv) {
  const options = { entry: 'bench/requests/limit.ts', preload: [reportUsage], ipc: true }
  const program = runService({ ...limits, ...env }, options)
  const { url } = await program.logged('ready')
  const stop = async () => {
    program.kill('SIGTERM')
    await program.exited
  }
  return { ...program, url: String(url), workers: 1, stop }
}
