// Prevents two processes from opening one data folder: PGlite has no lock, and two of them corrupt the data silently.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type FolderLock = { release(): void }

/**
 * Locks the folder, or throws an Error that names the process that has locked it. Never waits.
 *
 * The lock is SQLite's lock on an otherwise unused file. The operating system implements it (fcntl, LockFileEx), so it
 * ends with its process, however that ends, and works between containers that share the folder. A pid file cannot do
 * that, because pids are reused; the one beside the lock only serves the error message.
 */
export function lockFolder(folder: string): FolderLock {
  const pidFile = join(folder, 'lock.pid')
  const lock = new DatabaseSync(join(folder, 'lock'))
  try {
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    writeFileSync(pidFile, `${process.pid}\n`)
  } catch (error) {
    lock.close()
    if (isBusy(error)) throw new Error(`The data folder ${folder} is in use by ${describeOwner(pidFile)}.`)
    throw error
  }
  return {
    release: () => {
      rmSync(pidFile, { force: true })
      lock.close()
    },
  }
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}

function describeOwner(pidFile: string): string {
  try {
    return `process ${readFileSync(pidFile, 'utf8').trim()}`
  } catch {
    return 'another process'
  }
}
