// The folder of the embedded database: locks it, creates the database in it, and checks the PostgreSQL version.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { dataDir as readArchive } from '@electric-sql/pglite-prepopulatedfs'
import { type FolderLock, lockFolder } from './folder-lock.ts'

/** The PostgreSQL in the PGlite version that package.json pins. A newer major version needs a dump and a restore. */
const postgresMajor = '18'

/**
 * Locks the data folder, and creates the database if the folder is empty. Throws an Error whose message is shown to the
 * operator when the folder is a file, not writable, in use, or was written by another PostgreSQL version.
 *
 * Returns the lock, and the folder inside the data folder that PGlite opens.
 */
export async function openDataFolder(folder: string): Promise<{ path: string; lock: FolderLock }> {
  const lock = createAndLock(folder)
  try {
    const path = join(folder, 'postgres')
    if (!existsSync(path)) await createDatabase(path)
    checkVersion(folder, path)
    return { path, lock }
  } catch (error) {
    lock.release()
    throw error
  }
}

function createAndLock(folder: string): FolderLock {
  try {
    createFolder(resolve(folder))
    return lockFolder(folder)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw new Error(`The data folder ${folder} cannot be used: ${error.message}.`, { cause: error })
  }
}

/** Node's recursive mkdir never returns where the parent accepts no folders, such as /proc (Node 24.21). */
function createFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  createFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process that starts at the same time may have created it.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

/**
 * Unpacks PGlite's prepopulated archive under a temporary name, so that a killed start leaves no incomplete database.
 *
 * PGlite's own `loadDataDir` needs less code, but a PGlite that must be closed before the rename and opened again: the
 * database then takes twice as long to open for the first time.
 */
async function createDatabase(path: string): Promise<void> {
  const temporary = `${path}.new`
  rmSync(temporary, { recursive: true, force: true })
  const archive = await (await readArchive()).arrayBuffer()
  extractTar(gunzipSync(archive), temporary)
  renameSync(temporary, path)
}

/** Reads only what the archive contains: ustar, folders before their files, names of less than 100 bytes. */
function extractTar(tar: Buffer, folder: string): void {
  mkdirSync(folder, { mode: 0o700 })
  for (let offset = 0; tar[offset]; ) {
    const field = (start: number, length: number) =>
      tar.toString('utf8', offset + start, offset + start + length).replace(/\0.*$/s, '')
    const path = join(folder, field(0, 100))
    const size = Number.parseInt(field(124, 12), 8)
    const content = offset + 512
    if (field(156, 1) === '5') mkdirSync(path, { mode: 0o700 })
    else writeFileSync(path, tar.subarray(content, content + size), { mode: 0o600 })
    offset = content + Math.ceil(size / 512) * 512
  }
}

function checkVersion(folder: string, path: string): void {
  const major = readFileSync(join(path, 'PG_VERSION'), 'utf8').trim()
  if (major === postgresMajor) return
  throw new Error(
    `The data folder ${folder} was written by PostgreSQL ${major}, and this version embeds PostgreSQL ${postgresMajor}. ` +
      'Open it with the version that wrote it, or set DATA_DIR to another folder.',
  )
}
