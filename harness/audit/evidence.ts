// Sends the load through the proxy, restarts the service meanwhile, and collects what each party recorded.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseEnv } from '../database.ts'
import { freePort } from '../http/free-port.ts'
import type { Push } from '../telemetry/otlp-decoder.ts'
import { startCollector } from '../telemetry/otlp-sink.ts'
import type { Scrape } from '../telemetry/scrape.ts'
import { until } from '../until.ts'
import { type Entry, parseLog } from './access-log.ts'
import { lastPushes } from './checks/counts.ts'
import { type Client, createClient } from './client.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { makeLoad } from './load.ts'
import { startProxy } from './proxy.ts'
import { type Rows, readRows } from './rows.ts'
import { type AuditedService, startAudited } from './service.ts'

export type AuditOptions = {
  /** The path of the program. */
  nginx: string
  /** An empty database that nothing else uses. */
  database: DatabaseEnv
  /** How many requests the service responds to, at least. */
  requests: number
  clients: number
  restarts: number
  seed: number
  /** Called for each response of the service. */
  onServed?: () => void
}

export type Evidence = {
  log: Entry[]
  /** The last push of each process. */
  pushes: Push[]
  /** The last scrape of the last process. */
  scraped: Scrape
  exitCodes: readonly (number | null)[]
  rows: Rows
  ledger: Pick<Ledger, 'events' | 'remaining'>
  client: Pick<Client, 'responses' | 'unexpected'>
}

/** Starts all parties and stops them in the end. Rejects when one of them fails; differences do not reject. */
export async function gatherEvidence(options: AuditOptions): Promise<Evidence> {
  const undo: (() => unknown)[] = []
  try {
    const folder = await mkdtemp(join(tmpdir(), 'microposts-audit-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const collector = await startCollector()
    undo.push(collector.stop)
    const port = await freePort()
    const { nginx, database } = options
    const service = await startAudited({ port, database, collectorUrl: collector.httpUrl })
    undo.push(service.kill)
    const proxy = await startProxy(nginx, folder, port)
    undo.push(proxy.stop)
    const client = createClient(proxy.url, options.onServed)
    undo.push(client.close)

    const ledger = createLedger()
    await loadAndRestart(options, client, ledger, service)
    client.close()
    const scraped = await service.scrapeWhenIdle()
    const log = parseLog(await proxy.stop())
    await service.stop()
    const pushes = lastPushes(collector.received)
    const rows = await readRows(database)
    return { log, pushes, scraped, exitCodes: service.exitCodes, rows, ledger, client }
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

async function loadAndRestart(
  options: AuditOptions,
  client: Client,
  ledger: Ledger,
  service: AuditedService,
) {
  const { requests, restarts } = options
  const end = new AbortController()
  const endingOnFailure = <T>(work: Promise<T>) =>
    work.catch((error) => {
      end.abort()
      throw error
    })
  const restart = async () => {
    for (let turn = 1; turn <= restarts; turn++) {
      const enough = (requests * turn) / (restarts + 1)
      await until('enough responses', () => end.signal.aborted || client.served() >= enough, Infinity)
      if (!end.signal.aborted) await service.restart()
    }
  }
  const load = makeLoad({ ...options, client, ledger, signal: end.signal })
  const untilCrash = Promise.race([load, service.crashed])
  const outcomes = await Promise.allSettled([load, restart(), untilCrash].map(endingOnFailure))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
