// Loaded with --import before the service: what it has to measure, it finds measured.
import cluster from 'node:cluster'
import { readConfig } from './config/read.ts'
import { log } from './log.ts'
import type { Telemetry } from './telemetry.ts'

/** The last push may take this long: a collector that is away must not hold a stop up. */
const stopTimeoutMs = 5_000

try {
  const config = await readConfig(process.env)
  if (config) {
    const { startTelemetry } = await import('./telemetry.ts')
    const telemetry = await startTelemetry(config, log)
    tell(telemetry)
    process.once('beforeExit', () => void stop(telemetry))
  } else if (cluster.isPrimary) {
    log('info', { exporters: [] }, 'metrics not exported')
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(1)
}

/** What is exported is the same for all workers of a cluster; what tells them apart is not. */
function tell({ exporters, instance }: Telemetry) {
  if (cluster.isWorker) return log('info', { instance }, 'worker measured')
  const endpoint = exporters.find(({ exporter }) => exporter === 'prometheus')?.endpoint
  log('info', { exporters, endpoint }, 'metrics exported')
}

/** The service has let go of the loop by then, and may have set an exit code, which stays as it is. */
async function stop(telemetry: Telemetry) {
  const timer = setTimeout(() => {
    log('warn', { timeoutMs: stopTimeoutMs }, 'the last metrics were not pushed in time')
    process.exit()
  }, stopTimeoutMs)
  await telemetry
    .stop()
    .catch((error) => log('error', { reason: String(error) }, 'telemetry did not stop in order'))
  clearTimeout(timer)
}
