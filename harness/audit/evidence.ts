// Runs the load through the proxy, stops the service in the middle of it, and gathers what each party says afterwards.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseEnv } from '../database.ts'
import { freePort } from '../http/free-port.ts'
import type { Push } from '../telemetry/otlp-decoder.ts'
import { startCollector } from '../telemetry/otlp-sink.ts'
import type { Scrape } from '../telemetry/scrape.ts'
import { until } from '../until.ts'
import { type Client, createClient } from './client.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { makeLoad } from './load.ts'
import { type Entry, parseLog } from './log.ts'
import { startProxy } from './proxy.ts'
import { lastPushes } from './readings.ts'
import { type Rows, readRows } from './rows.ts'
import { type Service, startService } from './service.ts'

export type AuditOptions = {
  /** Its path. */
  nginx: string
  /** An empty database, which nobody else uses. */
  database: DatabaseEnv
  /** How many the service is to answer, at least, to how many clients at a time. */
  requests: number
  clients: number
  /** How often it is stopped meanwhile, and started again. */
  restarts: number
  seed: number
  /** Called with each answer of the service. */
  onServed?: () => void
}

export type Evidence = {
  log: Entry[]
  /** The last push of each process. */
  pushes: Push[]
  /** What the last of them served to be pulled, before it was stopped. */
  page: Scrape
  exitCodes: readonly (number | null)[]
  rows: Rows
  ledger: Pick<Ledger, 'events' | 'remaining'>
  client: Pick<Client, 'answered' | 'unexpected'>
}

/** Everything is made anew, and gone afterwards. Rejects when a part fails; what differs is no failure yet. */
export async function gatherEvidence(options: AuditOptions): Promise<Evidence> {
  const undo: (() => unknown)[] = []
  try {
    const folder = await mkdtemp(join(tmpdir(), 'microposts-audit-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const collector = await startCollector()
    undo.push(collector.stop)
    const port = await freePort()
    const { nginx, database } = options
    const service = await startService({ port, database, collectorUrl: collector.httpUrl })
    undo.push(service.kill)
    const proxy = await startProxy(nginx, folder, port)
    undo.push(proxy.stop)
    const client = createClient(proxy.url, options.onServed)
    undo.push(client.close)

    const ledger = createLedger()
    await audited(options, client, ledger, service)
    client.close()
    const page = await service.pageAtRest()
    const log = parseLog(await proxy.stop())
    await service.stop()
    const pushes = lastPushes(collector.received)
    return { log, pushes, page, exitCodes: service.exitCodes, rows: await readRows(database), ledger, client }
  } finally {
    for (const step of undo.toReversed()) await step()
  }
}

/** The load, with the service stopped and started again in the middle of it. */
async function audited(options: AuditOptions, client: Client, ledger: Ledger, service: Service) {
  const { requests, restarts } = options
  const end = new AbortController()
  const ending = <T>(work: Promise<T>) =>
    work.catch((error) => {
      end.abort()
      throw error
    })
  const restart = async () => {
    for (let turn = 1; turn <= restarts; turn++) {
      const enough = (requests * turn) / (restarts + 1)
      await until('requests are answered', () => end.signal.aborted || client.served() >= enough, Infinity)
      if (!end.signal.aborted) await service.restart()
    }
  }
  const load = makeLoad({ ...options, client, ledger, signal: end.signal })
  const alive = Promise.race([load, service.died])
  const outcomes = await Promise.allSettled([ending(load), ending(restart()), ending(alive)])
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
