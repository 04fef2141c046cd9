// Lines of the telemetry itself, in the shape that pino gives the service's own, without importing the service.
import cluster from 'node:cluster'

export type Level = keyof typeof levels
export type Log = (level: Level, fields: object, msg: string) => void

const levels = { info: 30, warn: 40, error: 50 }
const quietMs = 60_000
const maxMessages = 20

/** In a worker of a cluster, which one: the primary's output is theirs too. */
const worker = cluster.worker && { worker: cluster.worker.id }

/** Writes one JSON line to standard output; `time` is in ms since the epoch. */
export const log: Log = (level, fields, msg) => {
  const line = { level: levels[level], time: Date.now(), ...worker, ...fields, msg }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/**
 * Bounds a log, so that a collector that is away for a day does not fill the disk: the same message at most
 * once a minute, then with the number of those left out (`repeated`); at most 20 different ones a minute.
 */
export function boundLog(write: Log): Log {
  const recent = new Map<string, { quietUntil: number; repeated: number }>()

  return (level, fields, msg) => {
    const now = Date.now()
    const last = recent.get(msg)
    if (last && now < last.quietUntil) {
      last.repeated++
      return
    }
    if (!last && recent.size >= maxMessages) {
      for (const [message, { quietUntil }] of recent) if (now >= quietUntil) recent.delete(message)
      if (recent.size >= maxMessages) return
    }
    recent.set(msg, { quietUntil: now + quietMs, repeated: 0 })
    write(level, last?.repeated ? { ...fields, repeated: last.repeated } : fields, msg)
  }
}
