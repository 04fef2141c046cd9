// Short forms of the trials of one instance. Their checks demand relations, no speed.
import { describe, expect, it } from 'vitest'
import { hasServer } from '../../harness/database.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { trials } from '../../harness/torture/trials.ts'
import { expectToPass, torture, trialTimeout } from './support/torture.ts'

describe('npm run torture', () => {
  it.each([...trials.keys()])('describes the options of %s', (name) => {
    const { status, stdout } = torture(name, '--help')
    expect(status).toBe(0)
    expect(stdout).toContain(`Usage: npm run torture -- ${name} [options]`)
  })

  it('reports an unknown trial in one line, followed by the usage', () => {
    const { status, stderr } = torture('fly')
    expect(status).toBe(2)
    expect(stderr).toMatch(/^There is no trial "fly"\.\n\nUsage: npm run torture -- NAME/)
  })

  it('reports a wrong database in one line', () => {
    const { status, stderr } = torture('faults', '--database-url', 'postgresql://127.0.0.1:1/none')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^[^\n]*ECONNREFUSED[^\n]*\n$/)
  })

  it('passes overload', trialTimeout, () => expectToPass('overload', '--seconds', '1'))
  it('passes overload behind haproxy', trialTimeout, (context) => {
    requireProgram('haproxy', context)
    expectToPass('overload', '--haproxy', '--seconds', '1')
  })
  it('passes slow', trialTimeout, () => expectToPass('slow', '--sockets', '60'))
  it('passes journal', trialTimeout, () => expectToPass('journal', '--kills', '2', '--clients', '4'))
  it.runIf(hasServer())('passes faults', trialTimeout, () => expectToPass('faults', '--seconds', '3'))
})
