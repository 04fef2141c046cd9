import { describe, expect, it } from 'vitest'
import { collectLog } from '../../harness/log.ts'
import { boundLog } from '../../otel/log.ts'

function createBounded() {
  const { log, lines } = collectLog()
  const clock = { ms: 0 }
  return { bounded: boundLog(log, () => clock.ms), lines, clock }
}

describe('the log of telemetry', () => {
  it('has each message at most once a minute, then with the number of those left out', () => {
    const { bounded, lines, clock } = createBounded()
    for (const ms of [0, 1, 59_999, 60_000]) {
      clock.ms = ms
      bounded.error({ ms }, 'export failed')
    }
    expect(lines).toEqual([
      { level: 'error', fields: { ms: 0 }, message: 'export failed' },
      { level: 'error', fields: { ms: 60_000, repeated: 2 }, message: 'export failed' },
    ])
  })

  it('has at most 20 different messages a minute', () => {
    const { bounded, lines, clock } = createBounded()
    for (let number = 0; number < 30; number++) bounded.warn({}, `message ${number}`)
    expect(lines).toHaveLength(20)
    clock.ms = 60_000
    bounded.warn({}, 'the next minute')
    expect(lines.at(-1)?.message).toBe('the next minute')
  })
})
