// The entry of every process: reads the settings, then serves requests or supervises the workers that do.
import './command-line.ts'
import cluster from 'node:cluster'
import { createLog } from '../lib/log.ts'
import { addToCheck, finishCheck, isCheck } from '../lib/settings-check.ts'
import { readConfig } from './config.ts'
import { singleProcessLifecycle } from './process/lifecycle.ts'
import { workerLifecycle } from './process/worker.ts'

async function start() {
  if (isCheck()) {
    const { planService } = await import('./process/plan.ts')
    await addToCheck('Service', () => planService(readConfig()))
    return finishCheck()
  }
  const config = readConfig()
  const log = await createLog(config.logLevel)
  if (config.workers > 1 && cluster.isPrimary) {
    // Imported lazily: the primary needs neither Koa nor Prisma.
    const { supervise } = await import('./process/supervisor.ts')
    return supervise(config, log)
  }
  const { serve } = await import('./process/serve.ts')
  return serve(config, log, config.workers > 1 ? workerLifecycle(log) : singleProcessLifecycle(log))
}

// No process.exit(): when the event loop is empty, telemetry pushes its last values in `beforeExit`.
await start().catch((error: Error) => {
  process.exitCode = 1
  process.stderr.write(`${error.message}\n`)
})
// The channel to the primary would keep a worker's event loop alive.
cluster.worker?.disconnect()
