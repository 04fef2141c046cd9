// Opens databases without a service, with the metrics they record and the lines they log.
import { metrics as api } from '@opentelemetry/api'
import {
  freshFolder,
  freshServerDatabase,
  hasServer,
  type TemporaryDatabase,
} from '../../../harness/database.ts'
import { collectLog } from '../../../harness/log.ts'
import { type Database, openDatabase } from '../../../src/database/client.ts'
import { createMetrics } from '../../../src/metrics/instruments.ts'
import { createCollected, samplesOf } from '../../otel/pull/support/collected.ts'

export type Opened = Awaited<ReturnType<typeof openFresh>>

/** The databases to test on: the embedded one and, if a server is configured (see hasServer), PostgreSQL. */
export const databaseKinds: Database['kind'][] = hasServer() ? ['pglite', 'postgresql'] : ['pglite']

/** Opens an empty database of this kind. */
export async function openFresh(kind: Database['kind']) {
  return openExisting(kind === 'pglite' ? await freshFolder() : await freshServerDatabase())
}

/** Opens an existing database; `closeAndDrop` also drops it. */
export async function openExisting(from: TemporaryDatabase) {
  const env = { DATABASE_URL: undefined, DATA_DIR: '', ...from.env }
  const collected = createCollected()
  api.disable()
  api.setGlobalMeterProvider({ getMeter: collected.meter })
  const { log, lines } = collectLog()
  const database = await openDatabase({
    url: env.DATABASE_URL,
    dataDir: env.DATA_DIR,
    metrics: createMetrics({ version: '', revision: '', runtime: '' }),
    log,
  })
  return {
    ...database,
    lines,
    /** The samples of this name on the pull endpoint: their label values, joined by spaces, and their values. */
    samples: async (name: string): Promise<Record<string, number>> => {
      const samples = samplesOf(await collected.families()).filter((sample) => sample.name === name)
      return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]))
    },
    closeAndDrop: async () => {
      await database.close().catch(() => {})
      await from.drop()
    },
  }
}
