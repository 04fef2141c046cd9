// The primary process when there are several workers, which share its port: starts, replaces and stops them.
import { setMaxListeners } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { reportService } from '../../lib/telemetry-status.ts'
import type { Config } from '../config.ts'
import { createMetrics } from '../metrics/instruments.ts'
import { windowSeconds } from '../quota.ts'
import { readBuild } from './build.ts'
import { logAddresses, onFirstSignal } from './lifecycle.ts'
import { addWorkerCounts } from './shared-counts.ts'
import { startWorker, type Worker, type WorkerExit } from './worker.ts'

/** A worker that ran for this long is replaced at once. For others the delay doubles each time. */
const healthyAfterMs = 10_000
const firstDelayMs = 100
const longestDelayMs = 30_000

/**
 * Keeps the workers running until a signal, and resolves when all have ended.
 *
 * The first worker starts alone, and the others once it is ready. So a fault that prevents the start is reported once,
 * the exit code is 1 and no process remains.
 */
export async function supervise(
  { workers: count, publicUrl, shutdownDelayMs }: Pick<Config, 'workers' | 'publicUrl' | 'shutdownDelayMs'>,
  log: Logger,
): Promise<void> {
  const metrics = createMetrics(readBuild())
  addWorkerCounts(windowSeconds.requests)
  const stopping = new AbortController()
  const { signal } = stopping
  // Each worker adds a listener, so Node would report a leak.
  setMaxListeners(0, signal)
  onFirstSignal((name) => {
    log.info({ signal: name }, 'stopping')
    stopping.abort()
  })
  const start = () => startWorker({ log, stopping: signal, shutdownDelayMs })

  const first = start()
  void first.listening.then((info) => {
    reportService(publicUrl ?? info.url)
    log.info({ ...info, workers: count }, 'listening')
  })
  const exit = await Promise.race([first.ready, first.ended])
  if (exit && !signal.aborted) return reportFailedStart(exit)
  const workers = [first, ...Array.from({ length: signal.aborted ? 0 : count - 1 }, start)]
  const slots = workers.map(keepRunning)
  void Promise.all([first.listening, ...slots.map(({ ready }) => ready)]).then(([{ url }]) => {
    log.info({ workers: count }, 'ready')
    logAddresses(log, url)
  })
  await Promise.all(slots.map(({ ended }) => ended))
  log.info('stopped')

  /** `ready` resolves when the worker or one of its replacements is ready; `ended` when the last of them has ended. */
  function keepRunning(worker: Worker) {
    const ready = Promise.withResolvers<void>()
    return { ready: ready.promise, ended: replaceUntilStopped(worker, ready.resolve) }
  }

  async function replaceUntilStopped(first: Worker, onReady: () => void) {
    let delayMs = 0
    for (let worker = first; ; worker = start()) {
      void worker.ready.then(onReady)
      const started = performance.now()
      const exit = await worker.ended
      if (signal.aborted) return log.info({ worker: worker.id, ...exit }, 'worker stopped')
      const wasHealthy = performance.now() - started > healthyAfterMs
      delayMs = wasHealthy ? 0 : Math.min(Math.max(delayMs * 2, firstDelayMs), longestDelayMs)
      log.error({ worker: worker.id, ...exit, delayMs }, 'worker died')
      await setTimeout(delayMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      metrics.workerRestarted()
    }
  }
}

/** A worker that exits with code 1 has written the reason to standard error itself. */
function reportFailedStart({ code, signal, error }: WorkerExit) {
  process.exitCode = 1
  if (code === 1) return
  const reason = error ?? signal ?? `exit code ${code}`
  process.stderr.write(`The first worker ended before it was ready: ${reason}.\n`)
}
