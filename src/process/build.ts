// What this build says of itself.
import { existsSync, readFileSync } from 'node:fs'
import type { Build } from '../metrics/instruments.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8').trim()

export function readBuild(): Build {
  const { version } = JSON.parse(read('package.json')) as { version: string }
  return { version, revision: readRevision(), runtime: process.versions.node }
}

/** The commit: from the file that an image build leaves, else from the checkout. */
function readRevision(): string {
  try {
    if (existsSync(new URL('REVISION', root))) return read('REVISION')
    const head = read('.git/HEAD')
    return head.startsWith('ref: ') ? read(`.git/${head.slice('ref: '.length)}`) : head
  } catch {
    return 'unknown'
  }
}
