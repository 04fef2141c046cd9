// The embedded database: PGlite, PostgreSQL inside this process, on a folder that it does not share.
import { PGlite } from '@electric-sql/pglite'
import type { Backend, BackendDependencies } from '../backend.ts'
import { createPool } from '../instrumentation/pool.ts'
import { notificationsInProcess } from '../notifications.ts'
import { openDataFolder } from './data-folder.ts'
import { flushFolder, flushing } from './flushed-files.ts'
import { createPgliteSocket } from './pglite-socket.ts'

/**
 * PostgreSQL's default of shared_buffers, 128 MB, would all be in memory from the start, because Emscripten fills it with
 * zeros. The operating system caches the files as well.
 *
 * Each statement is planned once: without statistics, which nothing collects here, PostgreSQL would plan some of them for
 * each execution. The search index keeps little aside for later, because no autovacuum moves it into the index, and each
 * search reads it.
 */
const settings = ['shared_buffers=32MB', 'plan_cache_mode=force_generic_plan', 'gin_pending_list_limit=64kB']
const startParams = [...PGlite.defaultStartParams, ...settings.flatMap((setting) => ['-c', setting])]

/**
 * Opens the database in a folder, which is created if it does not exist.
 *
 * Committed writes survive SIGKILL: the operating system has them by then, because relaxed durability is off. With
 * `fsync` they also survive a power failure; PGlite itself never flushes files to the disk.
 *
 * Throws an Error whose message is shown to the operator when the folder is in use or cannot be used.
 */
export async function openEmbedded(
  dataDir: string,
  deps: BackendDependencies,
  { fsync = false }: { fsync?: boolean | undefined } = {},
): Promise<Backend> {
  const folder = await openDataFolder(dataDir)
  if (fsync) flushFolder(dataDir)
  const options = fsync ? flushing(folder.path, startParams) : { dataDir: folder.path, startParams }
  const pglite = await PGlite.create(options).catch((error: Error) => {
    folder.lock.release()
    throw new Error(`The embedded database in ${dataDir} cannot be opened: ${error.message}.`, {
      cause: error,
    })
  })
  let crash: Error | undefined
  const stream = () =>
    createPgliteSocket(pglite, (error) => {
      crash = error
    })
  const pool = createPool({ max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: 5_000, stream }, deps)
  return {
    kind: 'pglite',
    name: `embedded in ${dataDir}`,
    pool,
    notifications: notificationsInProcess(),
    keepsStatements: true,
    withConnection: async (use) => {
      const connection = await pool.connect()
      return use(connection).finally(() => connection.release())
    },
    ping: async () => {
      if (crash) throw new Error(`The embedded database crashed: ${crash.message}`, { cause: crash })
      if (!pglite.ready) throw new Error('The embedded database is closed.')
    },
    close: async () => {
      await pool.end()
      await pglite.close()
      folder.lock.release()
    },
  }
}
