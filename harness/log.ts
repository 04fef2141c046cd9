// Logs for code that a test or a tool runs in its own process.
import type { Log } from '../lib/log.ts'

export type CollectedLine = { level: keyof Log; fields: object; message: string }

/** A log that keeps its lines. */
export function collectLog(): { log: Log; lines: CollectedLine[] } {
  const lines: CollectedLine[] = []
  const at = (level: keyof Log) => (fields: object, message: string) => {
    lines.push({ level, fields, message })
  }
  return { lines, log: { info: at('info'), warn: at('warn'), error: at('error') } }
}

const ignore = () => {}

export const silentLog: Log = { info: ignore, warn: ignore, error: ignore }
