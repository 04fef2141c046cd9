// The embedded database: PGlite, PostgreSQL in this process, on a folder that it has for itself.
import { PGlite } from '@electric-sql/pglite'
import type { ClientBase } from 'pg'
import type { Backend, BackendDependencies } from '../backend.ts'
import { createPool } from '../instrumentation/pool.ts'
import { createListeners, listen } from '../notifications.ts'
import { openDataFolder } from './data-folder.ts'
import { connectTo } from './pglite-socket.ts'

/**
 * Opens the database in a folder, which it makes when there is none. Acknowledged writes survive SIGKILL: they are
 * with the operating system by then (no relaxed durability); a power cut can lose the last of them, since PGlite
 * runs without fsync.
 *
 * Throws an Error for people when the folder is in use or cannot be used.
 */
export async function openEmbedded(dataDir: string, deps: BackendDependencies): Promise<Backend> {
  const folder = await openDataFolder(dataDir)
  const pglite = await PGlite.create({ dataDir: folder.path }).catch((error: Error) => {
    folder.lock.release()
    throw new Error(`The embedded database in ${dataDir} cannot be opened: ${error.message}.`, {
      cause: error,
    })
  })
  let fault: Error | undefined
  const stream = () =>
    connectTo(pglite, (error) => {
      fault = error
    })
  const { onNotification, notifyAll } = createListeners()
  const onConnect = (connection: ClientBase) => listen(connection, notifyAll)
  const pool = createPool(
    { max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: 5_000, stream, onConnect },
    deps,
  )
  return {
    kind: 'pglite',
    name: `embedded in ${dataDir}`,
    pool,
    notifications: { available: () => true, onNotification },
    keepsStatements: true,
    withConnection: async (use) => {
      const connection = await pool.connect()
      return use(connection).finally(() => connection.release())
    },
    ping: async () => {
      if (fault) throw new Error(`The embedded database stopped: ${fault.message}`, { cause: fault })
      if (!pglite.ready) throw new Error('The embedded database is closed.')
    },
    close: async () => {
      await pool.end()
      await pglite.close()
      folder.lock.release()
    },
  }
}
