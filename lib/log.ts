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
    hooks: { streamWrite: escapeControls },
  }
  return process.stdout.isTTY ? pino(options, await terminal()) : pino(options)
}

/** Formats in this thread and writes synchronously: a worker thread could lose the last lines at exit. */
async function terminal(): Promise<DestinationStream> {
  const { prettyFactory } = await import('pino-pretty')
  const format = prettyFactory({ translateTime: 'SYS:HH:MM:ss.l', singleLine: true })
  return { write: (line) => process.stdout.write(format(showEscapes(line))) }
}

/** What JSON may contain as it is: DEL, C1, separators of lines, and characters that change the direction of text. */
const controls = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g

/** Writes them as escapes, because readers of lines may end a line at them, and terminals may obey them. */
function escapeControls(line: string): string {
  return line.replace(controls, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** In JSON: two backslashes, a control character, or a line break without the indentation that ours have. */
const escapes = /\\\\|\\(?:u00[01789][0-9a-f]|u20[26][0-9a-f]|[bfr]|n(?! {4}))/g

/**
 * Turns escapes in a line of JSON into visible text. A text in the log could otherwise change what the terminal shows, or
 * look like another line of the log.
 */
function showEscapes(line: string): string {
  return line.replace(escapes, (text) => (text === '\\\\' ? text : `\\${text}`))
}
