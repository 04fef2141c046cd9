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
import type { Entry } from './access-log.ts'
import { countAbandoned, lastPushes } from './checks/counts.ts'
import { type Client, createClient } from './client.ts'
import { createDisconnecting, type Disconnecting } from './disconnecting.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { makeLoad } from './load.ts'
import { type AuditProxy, startProxy } from './proxy.ts'
import { type Rows, readRows } from './rows.ts'
import { type AuditedService, isIdle, startAudited } from './service.ts'

export type AuditOptions = {
  /** The path of the program. */
  nginx: string
  /** An empty database that nothing else uses. */
  database: DatabaseEnv
  /** How many requests the service responds to, at least. */
  requests: number
  clients: number
  /** Percentage of the clients that also send requests and disconnect before the response. */
  disconnect: number
  /** Processes that serve the port; more than 1 needs PostgreSQL. */
  workers: number
  restarts: number
  seed: number
  /** Called for each response of the service. */
  onServed?: () => void
}

export type Evidence = {
  log: Entry[]
  /** The requests of clients that disconnected, and how many these clients sent. */
  abandoned: Entry[]
  abandonedByClients: number
  /** The last push of each process. */
  pushes: Push[]
  /** The last scrape of the last process, and of its workers. */
  scraped: Scrape
  exitCodes: readonly (number | null)[]
  rows: Rows
  ledger: Pick<Ledger, 'events' | 'remaining' | 'knowsPostsOf'>
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
    const { nginx, database, workers } = options
    const service = await startAudited({ port, database, workers, collectorUrl: collector.httpUrl })
    undo.push(service.kill)
    const proxy = await startProxy(nginx, folder, port)
    undo.push(proxy.stop)
    const client = createClient(proxy.url, options.onServed)
    undo.push(client.close)

    const ledger = createLedger()
    const disconnecting = createDisconnecting(proxy.disconnectingUrl)
    const settle = createSettle(proxy, service, disconnecting)
    await loadAndRestart(options, { client, disconnecting, ledger, service, settle })
    client.close()
    await settle()
    const scraped = await service.scrapeWhen(isIdle)
    const log = await proxy.stop()
    const abandoned = await proxy.abandoned()
    await service.stop()
    const pushes = lastPushes(collector.received)
    const rows = await readRows(database)
    const abandonedByClients = disconnecting.sent()
    const { exitCodes } = service
    return { log, abandoned, abandonedByClients, pushes, scraped, exitCodes, rows, ledger, client }
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

/**
 * Returns a function that pauses the clients that disconnect, and waits until the process has counted each of their
 * requests. A process that stops does not read the requests that it has not yet received, and no response would say so.
 */
function createSettle(proxy: AuditProxy, service: AuditedService, disconnecting: Disconnecting) {
  let before = 0
  return async () => {
    await disconnecting.pause()
    let forwarded = 0
    await service.scrapeWhen(async (scraped) => {
      const entries = await proxy.abandoned()
      forwarded = entries.filter((entry) => entry.forwarded).length
      return entries.length === disconnecting.sent() && countAbandoned(scraped) === forwarded - before
    })
    before = forwarded
  }
}

type Parties = {
  client: Client
  disconnecting: Disconnecting
  ledger: Ledger
  service: AuditedService
  settle: () => Promise<void>
}

async function loadAndRestart(options: AuditOptions, parties: Parties) {
  const { client, disconnecting, service, settle } = parties
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
      if (end.signal.aborted) return
      await settle()
      await service.restart()
      disconnecting.resume()
    }
  }
  const load = makeLoad({ ...options, ...parties, signal: end.signal })
  const untilCrash = Promise.race([load, service.crashed])
  const outcomes = await Promise.allSettled([load, restart(), untilCrash].map(endingOnFailure))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
