// A worker as the primary sees it, from its fork to its end.
import cluster from 'node:cluster'
import type { Logger } from 'pino'
import type { Place } from './lifecycle.ts'
import type { PrimaryMessage, WorkerMessage } from './worker.ts'

/** A worker drains for 8 s and pushes its last metrics for 5 s at most. */
const stopTimeoutMs = 15_000

/** The exit code, or the signal that ended it, or why there was no process at all. */
export type End = { code: number | null; signal: NodeJS.Signals | null; error?: string }

export type WorkerProcess = ReturnType<typeof startWorker>

/** Starts a worker; it is told to stop once `stopping` is aborted, and killed when it has not in 15 s. */
export function startWorker({ log, stopping }: { log: Logger; stopping: AbortSignal }) {
  const listening = Promise.withResolvers<Place>()
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
