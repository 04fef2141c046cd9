import pLimit from 'p-limit'
import type { TestContext } from 'vitest'
import { describe, expect, it } from 'vitest'
import { faults } from '../../harness/alerts/faults.ts'
import { type Programs, playFault, playHealthy } from '../../harness/alerts/play.ts'
import { hasServer, testServer } from '../../harness/database.ts'
import { requireProgram } from '../../harness/programs/find.ts'

/** Most of a run is waiting. */
const atOnce = pLimit(3)
/** On a machine that is too slow for the service, an alert about that is correct; the retry covers this. */
const options = { timeout: 240_000, retry: 1 }

function requirePrograms(context: TestContext): Programs {
  const prometheus = requireProgram('prometheus', context)
  const alertmanager = requireProgram('alertmanager', context)
  // The divisor of `npm run alerts`: 5m becomes 5 s.
  return { prometheus, alertmanager, serverUrl: testServer ?? '', divisor: 60 }
}

describe.runIf(hasServer())('alerts at their receivers, with durations divided by 60', () => {
  it.concurrent('do not arrive while the service is healthy', options, async (context) => {
    const { alerts } = await atOnce(() => playHealthy(15_000, requirePrograms(context)))
    expect(alerts).toEqual([])
  })

  it.concurrent.for(faults)('$alert alone arrives when $name', options, async (fault, context) => {
    const { alerts, notified } = await atOnce(() => playFault(fault, requirePrograms(context)))
    expect(alerts).toEqual([fault.alert])
    expect([...new Set(notified.map(({ receiver }) => receiver))]).toEqual([fault.receiver])
  })
})
