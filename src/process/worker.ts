// The protocol between the supervisor and its workers. Both ends are here: startWorker() runs in the supervisor,
// workerLifecycle() in a worker.
//
//   worker → supervisor   started · listening · ready
//   supervisor → worker   stop
import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { type Lifecycle, type ServiceInfo, stopSignals } from './lifecycle.ts'

/** Telemetry uses the same IPC channel, so each message carries its sender's key. */
type WorkerMessage = { worker: 'started' } | ({ worker: 'listening' } & ServiceInfo) | { worker: 'ready' }
type SupervisorMessage = { supervisor: 'stop' }

/** Enough for a worker to complete its requests (8 s), close the database (1.5 s) and export its last metrics (5 s). */
const stopMs = 15_000

/** Either an exit code or a signal, or an `error` if the process could not be started. */
export type WorkerExit = { code: number | null; signal: NodeJS.Signals | null; error?: string }

export type Worker = ReturnType<typeof startWorker>

type WorkerOptions = { log: Logger; stopping: AbortSignal; shutdownDelayMs: number }

/**
 * Starts a worker process. Once `stopping` is aborted, asks the worker to stop, and kills it if it has not ended
 * `shutdownDelayMs` and 15 s later. None of the returned promises rejects; `listening` and `ready` stay pending if the
 * worker ends before.
 */
export function startWorker({ log, stopping, shutdownDelayMs }: WorkerOptions) {
  const stopTimeoutMs = shutdownDelayMs + stopMs
  const listening = Promise.withResolvers<ServiceInfo>()
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<WorkerExit>()
  const worker = cluster.fork()
  const { id } = worker
  log.info({ worker: id, pid: worker.process.pid }, 'worker started')
  let killTimer: NodeJS.Timeout | undefined

  const stop = () => {
    worker.send({ supervisor: 'stop' } satisfies SupervisorMessage, undefined, undefined, ignoreError)
    killTimer ??= setTimeout(() => {
      log.warn({ worker: id, timeoutMs: stopTimeoutMs }, 'worker did not stop in time')
      worker.process.kill('SIGKILL')
    }, stopTimeoutMs)
  }
  const end = (exit: WorkerExit) => {
    clearTimeout(killTimer)
    stopping.removeEventListener('abort', stop)
    ended.resolve(exit)
  }
  stopping.addEventListener('abort', stop)
  worker.on('message', (message: WorkerMessage) => {
    // A stop sent before the worker listened was lost; send it again.
    if (message.worker === 'started' && stopping.aborted) stop()
    if (message.worker === 'listening') listening.resolve({ url: message.url, database: message.database })
    if (message.worker === 'ready') ready.resolve()
  })
  // Without this listener, an error of the IPC channel to a dead worker would crash the supervisor.
  worker.on('error', ({ message }) => {
    if (worker.process.pid === undefined) end({ code: null, signal: null, error: message })
  })
  worker.on('exit', (code: number | null, signal: NodeJS.Signals | null) => end({ code, signal }))

  return { id, listening: listening.promise, ready: ready.promise, ended: ended.promise }
}

/** The lifecycle of a worker: the supervisor stops it and records its progress. */
export function workerLifecycle(log: Logger): Lifecycle {
  return {
    onStop(stop) {
      // Ctrl-C sends SIGINT to the supervisor and to every worker, and the supervisor then sends its own stop.
      for (const signal of stopSignals) process.on(signal, stop)
      process.on('message', (message: SupervisorMessage) => {
        if (message.supervisor === 'stop') stop()
      })
      report({ worker: 'started' })
    },
    listening: (info) => report({ worker: 'listening', ...info }),
    ready() {
      log.info('worker ready')
      report({ worker: 'ready' })
    },
    // The supervisor notices the exit of the process.
    stopped: () => {},
  }
}

function report(message: WorkerMessage) {
  process.send?.(message, undefined, undefined, ignoreError)
}

/** The process at the other end may have ended. */
function ignoreError() {}
