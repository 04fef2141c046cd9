import { openDatabase } from '../src/database/client.ts'
import { createMetrics } from '../src/metrics/instruments.ts'
import type { DatabaseEnv } from './database.ts'

/** Opens a database that no service has open, without a log. Nothing is measured, since no SDK is registered. */
export function openQuietly(env: DatabaseEnv) {
  return openDatabase({
    url: 'DATABASE_URL' in env ? env.DATABASE_URL : undefined,
    dataDir: 'DATA_DIR' in env ? env.DATA_DIR : '',
    metrics: createMetrics({ version: '', revision: '', runtime: '' }),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
}
