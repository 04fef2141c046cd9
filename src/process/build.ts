// Describes the running build, for the `build_info` metric.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Build } from '../metrics/instruments.ts'

const projectFolder = fileURLToPath(new URL('../..', import.meta.url))

/** Reads the version from package.json, and the revision from the file REVISION or else from the Git checkout. */
export function readBuild(folder = projectFolder): Build {
  const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { version: string }
  const revision = readOptional(`${folder}/REVISION`) ?? readGitRevision(`${folder}/.git`) ?? 'unknown'
  return { version, revision, runtime: process.versions.node }
}

/** The checked-out commit. Its branch is a file of its own or, after `git pack-refs`, a line in packed-refs. */
function readGitRevision(gitFolder: string): string | undefined {
  const head = readOptional(`${gitFolder}/HEAD`)
  if (!head?.startsWith('ref: ')) return head
  const ref = head.slice('ref: '.length)
  return readOptional(`${gitFolder}/${ref}`) ?? findPackedRef(`${gitFolder}/packed-refs`, ref)
}

function findPackedRef(path: string, ref: string): string | undefined {
  const lines = readOptional(path)?.split('\n') ?? []
  return lines.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0]
}

/** Returns undefined when the file cannot be read. */
function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}
