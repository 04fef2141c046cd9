// Cross-instance notifications (LISTEN/NOTIFY). Delivery is best effort, so listeners also poll.
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { Prisma } from './generated/client.ts'

export type Notifications = {
  /** False before the first LISTEN succeeds, behind a transaction pooler, and on an engine without LISTEN. */
  available(): boolean
  /** Calls `listener` at each notification from any instance, and after a reconnect, when some may have been missed. */
  onNotification(listener: () => void): void
}

const channel = 'microposts'

/** An SQL expression that sends a notification at commit. Select it only where notifications are available. */
export const notifySql = Prisma.sql`pg_notify(${Prisma.raw(`'${channel}'`)}, '')::text`

const reconnectMs = 1_000

/** A list of listeners, and the function that calls them all. */
export function createListeners() {
  const listeners: (() => void)[] = []
  return {
    onNotification: (listener: () => void) => void listeners.push(listener),
    notifyAll: () => {
      for (const listener of listeners) listener()
    },
  }
}

/** Calls `notifyAll` at each notification that this connection receives. Rejects on an engine without LISTEN. */
export async function listen(connection: pg.ClientBase, notifyAll: () => void): Promise<void> {
  connection.on('notification', notifyAll)
  await connection.query(`LISTEN ${channel}`)
}

/** Listens on a connection of its own, and reconnects after each loss until `close`. */
export function listenForNotifications(config: pg.ClientConfig): Notifications & { close(): Promise<void> } {
  const { onNotification, notifyAll } = createListeners()
  const closing = new AbortController()
  let unsupported = false
  let listenedOnce = false
  const running = run()

  async function run() {
    while (!closing.signal.aborted && !unsupported) {
      await listenUntilLost().catch((error) => {
        unsupported = isUnsupported(error)
      })
      await setTimeout(reconnectMs, undefined, { signal: closing.signal, ref: false }).catch(() => {})
    }
  }

  async function listenUntilLost() {
    const connection = new pg.Client(config)
    // Errors also end the connection. Without a listener they would crash the process.
    connection.on('error', () => {})
    const ended = new Promise((resolve) => connection.once('end', resolve))
    const end = () => void connection.end()
    closing.signal.addEventListener('abort', end)
    try {
      // pg never settles `connect()` when the client is ended while it connects.
      await Promise.race([connection.connect(), ended])
      await listen(connection, notifyAll)
      listenedOnce = true
      notifyAll()
      await ended
    } finally {
      closing.signal.removeEventListener('abort', end)
      await connection.end()
    }
  }

  return {
    available: () => listenedOnce && !unsupported,
    onNotification,
    close: () => {
      closing.abort()
      return running
    },
  }
}

/** Whether the server rejected LISTEN itself, rather than being unreachable, misconfigured or shutting down. */
const isUnsupported = (error: unknown) =>
  error instanceof pg.DatabaseError && !/^(08|28|3D|53|57)/.test(error.code ?? '')
