// Loaded with --import before the service, so that the meter provider exists before the first instrument.
import cluster from 'node:cluster'
import { createLog } from '../lib/log.ts'
import { addToCheck, isCheck } from '../lib/settings-check.ts'
import { readTelemetryConfig } from './config/read.ts'
import type { Telemetry } from './telemetry.ts'

/** The last push may take this long: an unreachable collector must not delay the shutdown further. */
const stopTimeoutMs = 5_000

const log = await createLog(process.env.LOG_LEVEL)
if (isCheck()) await addToCheck('Telemetry', plan)
else
  await start().catch((error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  })

async function start() {
  const config = await readTelemetryConfig(process.env)
  if (config) {
    const { startTelemetry } = await import('./telemetry.ts')
    const telemetry = await startTelemetry(config, log)
    logStart(telemetry)
    process.once('beforeExit', () => void stop(telemetry))
  } else if (cluster.isPrimary) {
    log.info({ exporters: [] }, 'metrics not exported')
  }
}

async function plan() {
  const { planTelemetry } = await import('./plan.ts')
  return planTelemetry(await readTelemetryConfig(process.env), process.env.OTEL_CONFIG_FILE)
}

/** The primary logs the exporters, which are the same for all workers; a worker logs only its instance id. */
function logStart({ exporters, instance }: Telemetry) {
  if (cluster.isWorker) return log.info({ instance }, 'worker measured')
  const endpoint = exporters.find(({ exporter }) => exporter === 'prometheus')?.endpoint
  log.info({ exporters, endpoint }, 'metrics exported')
}

/** Runs when the event loop is empty. The service may have set an exit code, which stays as it is. */
async function stop(telemetry: Telemetry) {
  const timer = setTimeout(() => {
    log.warn({ timeoutMs: stopTimeoutMs }, 'the last metrics were not pushed in time')
    process.exit()
  }, stopTimeoutMs)
  await telemetry.stop().catch((error) => log.error({ reason: String(error) }, 'telemetry failed to stop'))
  clearTimeout(timer)
}
