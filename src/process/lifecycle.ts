// Who tells a process that serves to stop, and who hears how far it is.
import type { Logger } from 'pino'

/** Where the service listens, and for people where its database is. */
export type ServerAddress = { url: string; database: string }

export type Lifecycle = {
  /** Calls back when the service is to stop; perhaps more than once. */
  onStop(stop: () => void): void
  listening(place: ServerAddress): void
  ready(): void
  stopped(): void
}

/** Of a process on its own: signals stop it, the log has its course. */
export function ownLifecycle(log: Logger): Lifecycle {
  return {
    onStop: (stop) =>
      onFirstSignal((signal) => {
        log.info({ signal }, 'stopping')
        stop()
      }),
    listening: (place) => log.info(place, 'listening'),
    ready: () => log.info('ready'),
    stopped: () => log.info('stopped'),
  }
}

/** The second signal ends the process as it would have without us. */
export function onFirstSignal(listener: (signal: NodeJS.Signals) => void) {
  const first = (signal: NodeJS.Signals) => {
    for (const name of stopSignals) process.off(name, first)
    listener(signal)
  }
  for (const name of stopSignals) process.on(name, first)
}

export const stopSignals = ['SIGTERM', 'SIGINT'] as const
