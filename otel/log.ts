// Limits what telemetry logs, and turns its errors into texts.
import type { Log } from '../lib/log.ts'

const quietMs = 60_000
const maxMessages = 20

/**
 * Logs each message at most once a minute, then with the number of those left out (`repeated`), and at most 20
 * different messages a minute. Without it, a collector that is down for a day would fill the disk.
 */
export function boundLog(log: Log, now: () => number = Date.now): Log {
  const recent = new Map<string, { quietUntil: number; repeated: number }>()

  const write = (level: keyof Log) => (fields: object, message: string) => {
    const time = now()
    const last = recent.get(message)
    if (last && time < last.quietUntil) {
      last.repeated++
      return
    }
    if (!last && recent.size >= maxMessages) {
      for (const [known, { quietUntil }] of recent) if (time >= quietUntil) recent.delete(known)
      if (recent.size >= maxMessages) return
    }
    recent.set(message, { quietUntil: time + quietMs, repeated: 0 })
    log[level](last?.repeated ? { ...fields, repeated: last.repeated } : fields, message)
  }
  return { info: write('info'), warn: write('warn'), error: write('error') }
}

/** The messages of an error. An AggregateError has the messages of its errors. */
export function reasonsOf(error: unknown): string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(reasonsOf)
  return [error instanceof Error ? error.message : String(error)]
}
