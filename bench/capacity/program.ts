// The service that is measured, and what it, PostgreSQL and this process have spent so far.
import { Agent } from 'node:http'
import { Client } from 'pg'
import { startService } from '../../harness/service.ts'
import { scrape } from '../../harness/telemetry/scrape.ts'
import { usageOf } from '../load/usage.ts'
import { createDatabaseUsage } from './database-usage.ts'

export type Program = Awaited<ReturnType<typeof startProgram>>
/** All so far; times in µs. */
export type Spent = Awaited<ReturnType<Program['spent']>>

/** Limits that count every request, as in production, and never refuse one. */
const limits = {
  RATE_LIMIT_REQUESTS: '999999999',
  RATE_LIMIT_POSTS: '999999999',
  MAX_STREAMS_PER_USER: '10',
}

export async function startProgram(env: { DATABASE_URL: string }, connections: number) {
  const options = { preload: ['./otel/register.ts', './bench/load/report-usage.ts'], ipc: true }
  const service = await startService(limits, { env }, options)
  const client = new Client({ connectionString: env.DATABASE_URL })
  await client.connect()
  const databaseUsage = createDatabaseUsage(client)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    ...service,
    agent,
    databaseUrl: env.DATABASE_URL,
    memoryBytes: async () => (await usageOf(service.process)).rssBytes,
    series: async () => {
      const { families } = await scrape(service)
      return [...families.values()].reduce((sum, { samples }) => sum + samples.length, 0)
    },
    async spent() {
      // The scrape first, so that its CPU time counts on neither side of a difference.
      const scraped = await scrape(service)
      const { cpuUs: serviceUs } = await usageOf(service.process)
      const { cpuUs: databaseUs, walBytes } = await databaseUsage()
      const { user, system } = process.cpuUsage()
      return {
        serviceUs,
        databaseUs,
        walBytes,
        generatorUs: user + system,
        connectionUs: scraped.sum('db_client_connection_use_time_seconds_sum') * 1e6,
        responseBytes: scraped.sum('http_server_response_body_size_bytes_sum'),
      }
    },
    async stop() {
      agent.destroy()
      await client.end()
      await service.stop()
    },
  }
}

/** What was spent from one reading to the next, for each of `count` requests. */
export function perRequest(before: Spent, after: Spent, count: number): Spent {
  const each = (key: keyof Spent) => (after[key] - before[key]) / count
  return {
    serviceUs: each('serviceUs'),
    databaseUs: each('databaseUs'),
    walBytes: each('walBytes'),
    generatorUs: each('generatorUs'),
    connectionUs: each('connectionUs'),
    responseBytes: each('responseBytes'),
  }
}
