// Short forms of the trials with hostile bytes.
import { describe, it } from 'vitest'
import { requireProgram } from '../../harness/programs/find.ts'
import { expectToPass, trialTimeout } from './support/torture.ts'

describe('npm run torture', () => {
  it('passes fuzz', trialTimeout, () => expectToPass('fuzz', '--requests', '1500'))

  it('passes smuggle', trialTimeout, (context) => {
    requireProgram('nginx', context)
    requireProgram('haproxy', context)
    expectToPass('smuggle', '--rounds', '1')
  })
})
