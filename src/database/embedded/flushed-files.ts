// Lets PGlite flush its files to the disk, so that committed writes survive a power failure.
import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { PGliteOptions } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'

/** Emscripten's file system over Node's; its types lack what it does not document. */
type Stream = { node: object; nfd?: number }
type Nodefs = {
  realPath(node: object): string
  /** Turns an error of Node into the errno that PostgreSQL gets. */
  tryFSOperation<T>(work: () => T): T
  stream_ops: { fsync?(stream: Stream): 0 }
}

/**
 * Options for a PGlite on the folder `path` that flushes as PostgreSQL does: the log before each commit, and files at each
 * checkpoint.
 *
 * PGlite 0.5.8 flushes nothing, for two reasons: it starts PostgreSQL with -F (no fsync), and its file system lacks the
 * operation `fsync`. Emscripten calls that operation for fsync, but not for fdatasync, PostgreSQL's usual method for the log.
 */
export function flushing(path: string, startParams: readonly string[]): PGliteOptions {
  const fs = new NodeFS(path)
  const init = fs.init.bind(fs)
  fs.init = async (pglite, options) => {
    const { emscriptenOpts } = await init(pglite, options)
    const preRun = [({ FS }: { FS: object }) => addFsync(nodefsOf(FS)), ...(emscriptenOpts.preRun ?? [])]
    return { emscriptenOpts: { ...emscriptenOpts, preRun } }
  }
  const kept = startParams.filter((parameter) => parameter !== '-F')
  return { fs, startParams: [...kept, '-c', 'fsync=on', '-c', 'wal_sync_method=fsync'] }
}

const nodefsOf = (FS: object) => (FS as { filesystems: { NODEFS: Nodefs } }).filesystems.NODEFS

function addFsync(nodefs: Nodefs): void {
  nodefs.stream_ops.fsync = ({ node, nfd }) =>
    nodefs.tryFSOperation(() => {
      // Emscripten opens no folders itself.
      if (nfd === undefined) flush(nodefs.realPath(node))
      else fsyncSync(nfd)
      return 0
    })
}

/** Flushes a folder, everything in it, and its own entry: PostgreSQL relies on what it has not written itself. */
export function flushFolder(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    flush(join(entry.parentPath, entry.name))
  flush(folder)
  flush(dirname(resolve(folder)))
}

function flush(path: string): void {
  // Windows cannot flush folders, and writes their changes to its journal itself.
  if (process.platform === 'win32') return
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
