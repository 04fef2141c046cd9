import pLimit from 'p-limit'
import type { TestContext } from 'vitest'
import { describe, expect, it } from 'vitest'
import { faults } from '../../harness/alerts/faults.ts'
import { playFault, type Stage, soak } from '../../harness/alerts/prove.ts'
import { hasServer, testServer } from '../../harness/database.ts'
import { requireProgram } from '../../harness/programs/find.ts'

/** As `npm run alerts`: 5m is 5 s. */
const divisor = 60
/** Most of a scene is waiting. */
const atOnce = pLimit(3)
/** On a machine that has no time for the service an alert about that is true; then the scene is played once more. */
const options = { timeout: 240_000, retry: 1 }

function stage(context: TestContext): Stage {
  const prometheus = requireProgram('prometheus', context)
  const alertmanager = requireProgram('alertmanager', context)
  return { prometheus, alertmanager, adminUrl: testServer ?? '', divisor }
}

describe.runIf(hasServer())('alerts at their receivers, with durations divided by 60', () => {
  it.concurrent('are none while all is well', options, async (context) => {
    const { names } = await atOnce(() => soak(15_000, stage(context)))
    expect(names).toEqual([])
  })

  it.concurrent.for(faults)('$alert alone: $name', options, async (fault, context) => {
    const { names, heard } = await atOnce(() => playFault(fault, stage(context)))
    expect(names).toEqual([fault.alert])
    expect([...new Set(heard.map(({ receiver }) => receiver))]).toEqual([fault.receiver])
  })
})
