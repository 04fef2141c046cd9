// Short forms of the trials of the embedded database's disk.
import { describe, it } from 'vitest'
import { canMount } from '../../harness/torture/embedded/disk.ts'
import { expectToPass, trialTimeout } from './support/torture.ts'

const mountable = await canMount()
// Not even CI always can: most containers may not mount.
if (!mountable) process.stderr.write('skipped: no disk can be mounted (needs root on Linux)\n')

describe.runIf(mountable)('npm run torture', () => {
  it('passes disk-full', trialTimeout, () => expectToPass('disk-full', '--seconds', '1'))
  it('passes power', trialTimeout, () => expectToPass('power', '--failures', '2'))
})
