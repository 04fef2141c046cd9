// Keeps two processes off one data folder: PGlite has no lock of its own, and two of them destroy it silently.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type FolderLock = { release(): void }

/**
 * Takes the lock on a folder at once or throws an Error that names the folder and the process that has it.
 *
 * The lock is SQLite's, on an empty file that is nothing else: a lock of the operating system (fcntl, LockFileEx),
 * so it ends with its process however that dies, holds between containers that share the folder, and is never
 * mistaken for a process that got the old one's pid. The pid beside it is for people only.
 */
export function lockFolder(folder: string): FolderLock {
  const pidFile = join(folder, 'lock.pid')
  const lock = new DatabaseSync(join(folder, 'lock'))
  try {
    lock.exec('PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    writeFileSync(pidFile, `${process.pid}\n`)
  } catch (error) {
    lock.close()
    if (isBusy(error)) throw new Error(`The data folder ${folder} is in use by ${holder(pidFile)}.`)
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

function holder(pidFile: string): string {
  try {
    return `process ${readFileSync(pidFile, 'utf8').trim()}`
  } catch {
    return 'another process'
  }
}
