// The primary of several workers, which share its port: starts them, replaces those that die, stops all in order.
import { setMaxListeners } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import { createMetrics } from '../metrics/instruments.ts'
import { readBuild } from './build.ts'
import { onFirstSignal } from './lifecycle.ts'
import { keepWorkersCounts } from './rate-limiters.ts'
import { type End, startWorker, type WorkerProcess } from './worker.ts'

/** A worker that lived this long is replaced at once. Others wait, each time twice as long. */
const soundMs = 10_000
const firstWaitMs = 100
const longestWaitMs = 30_000

/**
 * Keeps so many workers until a signal, and resolves when they have ended. The first starts alone, and the others once it
 * is ready: what is wrong with a start is then said once, the exit code is 1, and nothing is left running.
 */
export async function supervise(count: number, log: Logger): Promise<void> {
  const metrics = createMetrics(readBuild())
  keepWorkersCounts()
  const stopping = new AbortController()
  const { signal } = stopping
  // Every worker listens, however many there are.
  setMaxListeners(0, signal)
  onFirstSignal((name) => {
    log.info({ signal: name }, 'stopping')
    stopping.abort()
  })
  const start = () => startWorker({ log, stopping: signal })

  const first = start()
  void first.listening.then((place) => log.info({ ...place, workers: count }, 'listening'))
  const end = await Promise.race([first.ready, first.ended])
  if (end && !signal.aborted) return fail(end)
  const workers = [first, ...Array.from({ length: signal.aborted ? 0 : count - 1 }, start)]
  const places = workers.map(keep)
  void Promise.all(places.map(({ filled }) => filled)).then(() => log.info({ workers: count }, 'ready'))
  await Promise.all(places.map(({ left }) => left))
  log.info('stopped')

  /** `filled` is when the worker of this place, or one that replaced it, was ready; `left` when the last one ended. */
  function keep(worker: WorkerProcess) {
    const { promise: filled, resolve } = Promise.withResolvers<void>()
    return { filled, left: replaceWhenDead(worker, resolve) }
  }

  async function replaceWhenDead(first: WorkerProcess, onReady: () => void) {
    let waitMs = 0
    for (let worker = first; ; worker = start()) {
      void worker.ready.then(onReady)
      const started = performance.now()
      const end = await worker.ended
      if (signal.aborted) return log.info({ worker: worker.id, ...end }, 'worker stopped')
      const isSound = performance.now() - started > soundMs
      waitMs = isSound ? 0 : Math.min(Math.max(waitMs * 2, firstWaitMs), longestWaitMs)
      log.error({ worker: worker.id, ...end, waitMs }, 'worker died')
      await setTimeout(waitMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      metrics.workerRestarted()
    }
  }
}

/** With exit code 1 it has said itself what is wrong. */
function fail({ code, signal, error }: End) {
  process.exitCode = 1
  if (code === 1) return
  const how = error ?? signal ?? `exit code ${code}`
  process.stderr.write(`The first worker ended before it was ready: ${how}.\n`)
}
