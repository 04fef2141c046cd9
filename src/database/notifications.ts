// Word between instances that there is something new. A hint may get lost, so whoever waits for one also looks by itself.
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { Prisma } from './generated/client.ts'

export type Notifications = {
  /** Whether they can be had here: not behind a transaction pooler, and not on an engine without LISTEN. */
  available(): boolean
  /** Calls back at every hint, of any instance, and when one may have been missed. */
  onNotification(listener: () => void): void
}

const channel = 'microposts'

/** What a statement that writes selects to give a hint when it commits; only where they are available. */
export const notify = Prisma.sql`pg_notify(${Prisma.raw(`'${channel}'`)}, '')::text`

const retryMs = 1_000

/** Listeners and what calls them. */
export function createListeners() {
  const listeners: (() => void)[] = []
  return {
    onNotification: (listener: () => void) => void listeners.push(listener),
    notifyAll: () => {
      for (const listener of listeners) listener()
    },
  }
}

/** Makes a connection notifyAll notifications. @throws where the engine has no LISTEN */
export async function listen(connection: pg.ClientBase, notifyAll: () => void): Promise<void> {
  connection.on('notification', notifyAll)
  await connection.query(`LISTEN ${channel}`)
}

/** Hears notifications on a connection of its own, made again whenever it is lost, until `close`. */
export function listenForNotifications(config: pg.ClientConfig): Notifications & { close(): Promise<void> } {
  const { onNotification, notifyAll } = createListeners()
  const closing = new AbortController()
  let refused = false
  let heardOnce = false
  const running = run()

  async function run() {
    while (!closing.signal.aborted && !refused) {
      await listenOnce().catch((error) => {
        refused = isRefusal(error)
      })
      await setTimeout(retryMs, undefined, { signal: closing.signal, ref: false }).catch(() => {})
    }
  }

  async function listenOnce() {
    const connection = new pg.Client(config)
    connection.on('error', () => {})
    const ended = new Promise((resolve) => connection.once('end', resolve))
    const end = () => void connection.end()
    closing.signal.addEventListener('abort', end)
    try {
      // Ended while it connects, a client leaves its `connect` open for ever.
      await Promise.race([connection.connect(), ended])
      await listen(connection, notifyAll)
      heardOnce = true
      notifyAll()
      await ended
    } finally {
      closing.signal.removeEventListener('abort', end)
      await connection.end()
    }
  }

  return {
    available: () => heardOnce && !refused,
    onNotification,
    close: () => {
      closing.abort()
      return running
    },
  }
}

/** Whether the server understood and will not, rather than being out of reach or on its way down. */
const isRefusal = (error: unknown) =>
  error instanceof pg.DatabaseError && !/^(08|28|3D|53|57)/.test(error.code ?? '')
