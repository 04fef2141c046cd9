// Short forms of the trials. Their checks demand relations, no speed.
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { hasServer } from '../../harness/database.ts'

function torture(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/torture.ts', ...args], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('npm run torture', () => {
  it.each(['overload', 'slow', 'journal', 'faults'])('describes the options of %s', (name) => {
    const { status, stdout } = torture(name, '--help')
    expect(status).toBe(0)
    expect(stdout).toContain(`Usage: npm run torture -- ${name} [options]`)
  })

  it('reports an unknown trial in one line, followed by the usage', () => {
    const { status, stderr } = torture('fly')
    expect(status).toBe(2)
    expect(stderr).toMatch(/^There is no trial "fly"\.\n\nUsage: npm run torture -- NAME/)
  })

  const passes = (name: string, ...args: string[]) => {
    const { status, stdout, stderr } = torture(name, ...args)
    expect({
      status,
      failed: stdout.split('\n').filter((line) => line.includes(' NO ')),
      stderr,
    }).toMatchObject({
      status: 0,
      failed: [],
    })
    expect(stdout).toMatch(/^\| Check +\| Passed \| +Seen \|$/m)
  }
  const options = { timeout: 240_000 }

  it('passes overload', options, () => passes('overload', '--seconds', '1'))
  it('passes slow', options, () => passes('slow', '--sockets', '60'))
  it('passes journal', options, () => passes('journal', '--kills', '2', '--clients', '4'))
  it.runIf(hasServer())('passes faults', options, () => passes('faults', '--seconds', '3'))
})
