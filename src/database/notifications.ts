// Cross-instance notifications (LISTEN/NOTIFY). Delivery is best effort, so listeners also poll.
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { coalesce } from './coalesce.ts'

export type Notifications = {
  /** False before the first LISTEN succeeds, behind a transaction pooler, and on an engine without LISTEN. */
  available(): boolean
  /** Calls `listener` at each notification from any instance, and after a reconnect, when some may have been missed. */
  onNotification(listener: () => void): void
  /** Notifies all instances, this one included, that something was committed. Calls within 50 ms share a notification. */
  notify(): void
}

const channel = 'microposts'
/** A transaction that notifies holds a lock of the whole server while it commits, so there must be few of them. */
const intervalMs = 50
const reconnectMs = 1_000

/** Notifications inside this process, for a database that no other process uses. */
export function notificationsInProcess(): Notifications {
  const { onNotification, notifyAll } = createListeners()
  return { available: () => true, onNotification, notify: coalesce(async () => notifyAll(), intervalMs).call }
}

/** No notifications: a transaction pooler assigns a connection to each transaction, so LISTEN does not work. */
export const noNotifications: Notifications = {
  available: () => false,
  onNotification: () => {},
  notify: () => {},
}

/** A list of listeners, and the function that calls them all. */
function createListeners() {
  const listeners: (() => void)[] = []
  return {
    onNotification: (listener: () => void) => void listeners.push(listener),
    notifyAll: () => {
      for (const listener of listeners) listener()
    },
  }
}

/**
 * Listens and notifies on a connection of its own, and reconnects after each loss until `close`, which first sends a
 * notification that waits.
 *
 * A notification is a transaction of its own. PostgreSQL commits transactions that notify one after the other, so as part
 * of a post each would wait until the one before it has reached the disk. One that only notifies writes nothing there.
 */
export function listenForNotifications(config: pg.ClientConfig): Notifications & { close(): Promise<void> } {
  const { onNotification, notifyAll } = createListeners()
  const closing = new AbortController()
  const notification = coalesce(send, intervalMs)
  let listening: pg.Client | undefined
  let unsupported = false
  let listenedOnce = false
  const running = run()

  /** A notification that fails is sent again after the reconnect. */
  async function send() {
    await listening?.query(`NOTIFY ${channel}`).catch(() => {})
  }

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
      connection.on('notification', notifyAll)
      await connection.query(`LISTEN ${channel}`)
      listenedOnce = true
      listening = connection
      // Also reaches this instance. Either side may have missed notifications.
      notification.call()
      await ended
    } finally {
      listening = undefined
      closing.signal.removeEventListener('abort', end)
      await connection.end()
    }
  }

  return {
    available: () => listenedOnce && !unsupported,
    onNotification,
    notify: notification.call,
    close: async () => {
      // Ending a connection discards a statement that is still running.
      await notification.flush()
      closing.abort()
      await running
    },
  }
}

/** Whether the server rejected LISTEN itself, rather than being unreachable, misconfigured or shutting down. */
const isUnsupported = (error: unknown) =>
  error instanceof pg.DatabaseError && !/^(08|28|3D|53|57)/.test(error.code ?? '')
