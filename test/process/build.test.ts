import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readBuild } from '../../src/process/build.ts'

const commit = '0123456789abcdef0123456789abcdef01234567'
const otherCommit = 'fedcba9876543210fedcba9876543210fedcba98'

/** Creates a project folder with these files, by path. */
async function createProject(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'microposts-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [path, content] of Object.entries({ 'package.json': '{"version":"1.2.3"}', ...files })) {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

it.each([
  ['the file REVISION of an image', { REVISION: `${commit}\n`, '.git/HEAD': `${otherCommit}\n` }],
  ['a detached HEAD', { '.git/HEAD': `${commit}\n` }],
  ['a branch', { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${commit}\n` }],
  [
    'a packed branch',
    {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/packed-refs': [
        '# pack-refs with: peeled fully-peeled sorted ',
        `${otherCommit} refs/heads/domain`,
        `${commit} refs/heads/main`,
        `${otherCommit} refs/remotes/origin/refs/heads/main`,
        `${otherCommit} refs/tags/v1`,
        `^${otherCommit}`,
        '',
      ].join('\n'),
    },
  ],
  [
    'a branch that was committed to after it was packed',
    {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/refs/heads/main': `${commit}\n`,
      '.git/packed-refs': `${otherCommit} refs/heads/main\n`,
    },
  ],
])('reads the revision from %s', async (_source, files) => {
  const build = readBuild(await createProject(files))
  expect(build).toEqual({ version: '1.2.3', revision: commit, runtime: process.versions.node })
})

it.each([
  ['outside of a checkout', {}],
  ['in a linked worktree', { '.git': 'gitdir: /elsewhere/.git/worktrees/project\n' }],
  ['on a branch without commits', { '.git/HEAD': 'ref: refs/heads/main\n' }],
])('reports an unknown revision %s', async (_place, files) => {
  expect(readBuild(await createProject(files)).revision).toBe('unknown')
})
