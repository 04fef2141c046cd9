// How a serving process learns that it must stop, and where it reports its progress.
import type { Logger } from 'pino'
import { telemetryStatus } from '../../lib/telemetry-status.ts'

/** `url` is where the service listens; `database` describes its database to the operator, without a password. */
export type ServiceInfo = { url: string; database: string }

export type Lifecycle = {
  /** Registers a function that stops the service. It may be called more than once. */
  onStop(stop: () => void): void
  listening(info: ServiceInfo): void
  ready(info: ServiceInfo): void
  stopped(): void
}

/** The lifecycle of a single process: signals stop it, and the log records its progress. */
export function singleProcessLifecycle(log: Logger): Lifecycle {
  return {
    onStop: (stop) =>
      onFirstSignal((signal) => {
        log.info({ signal }, 'stopping')
        stop()
      }),
    listening: (info) => log.info(info, 'listening'),
    ready: ({ url }) => {
      log.info('ready')
      logAddresses(log, url)
    },
    stopped: () => log.info('stopped'),
  }
}

/** Ends a start on a terminal with the addresses to open. Otherwise, the log already has them as fields. */
export function logAddresses(log: Logger, url: string) {
  if (!process.stdout.isTTY) return
  const addresses = { Service: `${url}/`, 'API docs': `${url}/docs`, ...telemetryStatus().addresses }
  const lines = Object.entries(addresses).map(([name, address]) => `    ${name.padEnd(9)} ${address}`)
  log.info(['open', ...lines].join('\n'))
}

/** Calls `listener` at the first stop signal. The second one ends the process at once, as it does by default. */
export function onFirstSignal(listener: (signal: NodeJS.Signals) => void) {
  const onSignal = (signal: NodeJS.Signals) => {
    for (const name of stopSignals) process.off(name, onSignal)
    listener(signal)
  }
  for (const name of stopSignals) process.on(name, onSignal)
}

export const stopSignals = ['SIGTERM', 'SIGINT'] as const
