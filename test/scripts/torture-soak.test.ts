// Short forms of the trials that last long.
import { describe, it } from 'vitest'
import { expectToPass, trialTimeout } from './support/torture.ts'

describe('npm run torture', () => {
  it('passes clock', trialTimeout, () => expectToPass('clock', '--posts', '5'))
  it('passes soak', trialTimeout, () => expectToPass('soak', '--seconds', '12', '--clients', '2'))
})
