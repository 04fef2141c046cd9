// The log of the process, for the service and for telemetry: JSON lines, or readable text on a terminal.
import cluster from 'node:cluster'
import pino, { type DestinationStream, type Logger } from 'pino'

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** The part of a pino logger that most modules need. */
export type Log = Record<'info' | 'warn' | 'error', (fields: object, message: string) => void>

/**
 * Creates the logger of this process. An unknown level counts as `info`, because src/config.ts reports it. In a
 * cluster, all processes write to the same output, so the lines of a worker carry its number.
 */
export async function createLog(level = 'info'): Promise<Logger> {
  const isKnown = logLevels.some((known) => known === level)
  const options = {
    level: isKnown ? level : 'info',
    base: cluster.worker && { worker: cluster.worker.id },
  }
  return process.stdout.isTTY ? pino(options, await terminal()) : pino(options)
}

/** Formats in this thread and writes synchronously: a worker thread could lose the last lines at exit. */
async function terminal(): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty')
  const format = prettyFactory({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true })
  return { write: (line) => process.stdout.write(format(line)) }
}
