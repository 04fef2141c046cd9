// Short forms of the trials with hostile bytes.
import { describe, it } from 'vitest'
import { expectToPass, trialTimeout } from './support/torture.ts'

describe('npm run torture', () => {
  it('passes fuzz', trialTimeout, () => expectToPass('fuzz', '--requests', '1500'))
})
