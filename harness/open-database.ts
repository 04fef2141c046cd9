import { openDatabase } from '../src/database/client.ts'
import type { DatabaseEnv } from './database.ts'
import { silentLog } from './log.ts'
import { unrecordedMetrics } from './telemetry/metrics.ts'

/** Opens a database that no service has open, without a log. */
export function openQuietly(env: DatabaseEnv) {
  return openDatabase({
    url: 'DATABASE_URL' in env ? env.DATABASE_URL : undefined,
    dataDir: 'DATA_DIR' in env ? env.DATA_DIR : '',
    metrics: unrecordedMetrics(),
    log: silentLog,
  })
}
