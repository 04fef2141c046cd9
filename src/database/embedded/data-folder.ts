// The folder of the embedded database: made whole or not at all, and only opened by the version that can read it.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { dataDir as freshCluster } from '@electric-sql/pglite-prepopulatedfs'
import { type FolderLock, lockFolder } from './folder-lock.ts'

/** Of the PostgreSQL inside the PGlite that package.json pins; a newer major needs a dump and a restore. */
const postgresMajor = '18'

/** The lock and, inside the data folder, the path that PGlite opens. */
export type DataFolder = { path: string; lock: FolderLock }

/**
 * Locks the data folder and fills it at the first start.
 * Throws an Error for people when it cannot be used: no folder, not writable, in use, another PostgreSQL.
 */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  const lock = takeFolder(folder)
  try {
    const path = join(folder, 'postgres')
    if (!existsSync(path)) await createCluster(path)
    refuseOtherMajor(folder, path)
    return { path, lock }
  } catch (error) {
    lock.release()
    throw error
  }
}

function takeFolder(folder: string): FolderLock {
  try {
    makeFolder(resolve(folder))
    return lockFolder(folder)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw new Error(`The data folder ${folder} cannot be used: ${error.message}.`, { cause: error })
  }
}

/** Node's own recursive mkdir never returns where the parent takes no folders, as /proc does (Node 24.21). */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process that starts on the same folder may have been first.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

/** Under another name first: a start that is killed half-way leaves no folder that looks like a database. */
async function createCluster(path: string): Promise<void> {
  const unfinished = `${path}.new`
  rmSync(unfinished, { recursive: true, force: true })
  const archive = await (await freshCluster()).arrayBuffer()
  extract(gunzipSync(archive), unfinished)
  renameSync(unfinished, path)
}

/** The one tar that is read here is our own dependency's: ustar, names under 100 bytes, files and folders only. */
function extract(tar: Buffer, folder: string): void {
  for (let offset = 0; tar[offset]; ) {
    const text = (start: number, length: number) =>
      tar.toString('utf8', offset + start, offset + start + length).replace(/\0.*$/s, '')
    const path = join(folder, text(0, 100))
    const size = Number.parseInt(text(124, 12), 8)
    const content = offset + 512
    if (text(156, 1) === '5') mkdirSync(path, { recursive: true, mode: 0o700 })
    else {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      writeFileSync(path, tar.subarray(content, content + size), { mode: 0o600 })
    }
    offset = content + Math.ceil(size / 512) * 512
  }
}

function refuseOtherMajor(folder: string, path: string): void {
  const major = readFileSync(join(path, 'PG_VERSION'), 'utf8').trim()
  if (major === postgresMajor) return
  throw new Error(
    `The data folder ${folder} was written by PostgreSQL ${major}, and this version embeds ${postgresMajor}. ` +
      'Open it with the version that wrote it, or name another folder in DATA_DIR.',
  )
}
