import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

describe('scripts/require-node.cjs', () => {
  it.each(['20.19.0', '24.6.9'])('stops Node %s with one line that says what to install', (version) => {
    const { status, stderr } = load(version)

    expect(status).toBe(1)
    expect(stderr).toBe(
      `microposts needs Node 24.7 or newer, and this is Node ${version}. ` +
        'Install a newer one from https://nodejs.org, then run `npm ci` again.\n',
    )
  })

  it.each(['24.7.0', '25.0.0'])('lets Node %s run', (version) => {
    const { status, stderr } = load(version)

    expect(stderr).toBe('')
    expect(status).toBe(0)
  })
})

/** Loads the script in a process that claims to be another version of Node. */
function load(version: string) {
  const code = `Object.defineProperty(process.versions, 'node', { value: '${version}' })
    require('./scripts/require-node.cjs')`
  return spawnSync(process.execPath, ['--input-type=commonjs', '--eval', code], { encoding: 'utf8' })
}
