// Short forms of the trials of several instances.
import { describe, it } from 'vitest'
import { hasServer } from '../../harness/database.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { expectToPass, trialTimeout } from './support/torture.ts'

describe('npm run torture', () => {
  it.runIf(hasServer())('passes rolling', trialTimeout, (context) => {
    requireProgram('haproxy', context)
    expectToPass('rolling', '--restarts', '1', '--clients', '4')
  })
})
