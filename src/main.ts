// The entry of every process: reads the settings, then serves or, with several workers, keeps those that do.
import cluster from 'node:cluster'
import pino from 'pino'
import { readConfig } from './config.ts'
import { singleProcessLifecycle } from './process/lifecycle.ts'
import { workerLifecycle } from './process/worker.ts'

async function start() {
  const config = readConfig()
  const log = pino({
    level: config.logLevel,
    base: cluster.worker && { worker: cluster.worker.id },
  })
  if (config.workers > 1 && cluster.isPrimary) {
    // Without what only those need that serve.
    const { supervise } = await import('./process/supervisor.ts')
    return supervise(config.workers, log)
  }
  const { serve } = await import('./process/serve.ts')
  return serve(config, log, config.workers > 1 ? workerLifecycle(log) : singleProcessLifecycle(log))
}

// Nothing is exited by force: once the loop is empty, telemetry pushes its last values in `beforeExit`.
await start().catch((error: Error) => {
  process.exitCode = 1
  process.stderr.write(`${error.message}\n`)
})
// Its channel to the primary would keep a worker's loop going for ever.
cluster.worker?.disconnect()
