// A process among several that serve: the primary starts and stops it, and tells its course.
import type { Logger } from 'pino'
import { type Lifecycle, type Place, stopSignals } from './lifecycle.ts'

/** From a worker to the primary, on a channel that others use too. */
export type WorkerMessage = { worker: 'started' } | ({ worker: 'listening' } & Place) | { worker: 'ready' }

/** From the primary to a worker. */
export type PrimaryMessage = { primary: 'stop' }

export function workerLifecycle(log: Logger): Lifecycle {
  return {
    onStop(stop) {
      // Ctrl-C reaches the primary and every worker, and then the primary's word comes too: none cuts the other short.
      for (const signal of stopSignals) process.on(signal, stop)
      process.on('message', (message: PrimaryMessage) => {
        if (message.primary === 'stop') stop()
      })
      tell({ worker: 'started' })
    },
    listening: (place) => tell({ worker: 'listening', ...place }),
    ready() {
      log.info('worker ready')
      tell({ worker: 'ready' })
    },
    // Heard of by its end.
    stopped: () => {},
  }
}

/** A primary that is gone need not know. */
function tell(message: WorkerMessage) {
  process.send?.(message, undefined, undefined, () => {})
}
