// Both ends of the protocol between the primary and its workers: starting, listening, ready, stop.
import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { type Lifecycle, type ServerAddress, stopSignals } from './lifecycle.ts'

/** From a worker to the primary, on a channel that others use too. */
export type WorkerMessage =
  | { worker: 'started' }
  | ({ worker: 'listening' } & ServerAddress)
  | { worker: 'ready' }

/** From the primary to a worker. */
export type PrimaryMessage = { primary: 'stop' }

/** A worker drains for 8 s and pushes its last metrics for 5 s at most. */
const stopTimeoutMs = 15_000

/** The exit code, or the signal that ended it, or why there was no process at all. */
export type End = { code: number | null; signal: NodeJS.Signals | null; error?: string }

export type WorkerProcess = ReturnType<typeof startWorker>

/** Starts a worker; it is told to stop once `stopping` is aborted, and killed when it has not in 15 s. */
export function startWorker({ log, stopping }: { log: Logger; stopping: AbortSignal }) {
  const listening = Promise.withResolvers<ServerAddress>()
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<End>()
  const worker = cluster.fork()
  const { id } = worker
  log.info({ worker: id, pid: worker.process.pid }, 'worker started')
  let deadline: NodeJS.Timeout | undefined

  const stop = () => {
    const message: PrimaryMessage = { primary: 'stop' }
    worker.send(message, undefined, undefined, () => {})
    deadline ??= setTimeout(() => {
      log.warn({ worker: id, timeoutMs: stopTimeoutMs }, 'worker did not stop in time')
      worker.process.kill('SIGKILL')
    }, stopTimeoutMs)
  }
  const end = (how: End) => {
    clearTimeout(deadline)
    stopping.removeEventListener('abort', stop)
    ended.resolve(how)
  }
  stopping.addEventListener('abort', stop)
  worker.on('message', (message: WorkerMessage) => {
    // What it was told before it did not hear.
    if (message.worker === 'started' && stopping.aborted) stop()
    if (message.worker === 'listening') listening.resolve({ url: message.url, database: message.database })
    if (message.worker === 'ready') ready.resolve()
  })
  // Without a listener a word to a worker that has just died would end the primary.
  worker.on('error', ({ message }) => {
    if (worker.process.pid === undefined) end({ code: null, signal: null, error: message })
  })
  worker.on('exit', (code: number | null, signal: NodeJS.Signals | null) => end({ code, signal }))

  return { id, listening: listening.promise, ready: ready.promise, ended: ended.promise }
}

/** The worker's end of the protocol. */
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
