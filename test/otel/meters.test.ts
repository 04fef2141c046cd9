import { describe, expect, it, onTestFinished } from 'vitest'
import { startBare } from './support/bare.ts'

describe('a measurement that makes the SDK throw', () => {
  it('does not fail the request, and is logged once', async () => {
    const bare = await startBare()
    onTestFinished(async () => void (await bare.stop()))

    const responses = [await fetch(`${bare.url}/nonsense`), await fetch(`${bare.url}/nonsense`)]

    expect(await Promise.all(responses.map((response) => response.text()))).toEqual([
      'still here',
      'still here',
    ])
    await bare.logged('a measurement was lost')
    expect(bare.lines.filter(({ msg }) => msg === 'a measurement was lost')).toEqual([
      {
        level: 50,
        time: expect.any(Number),
        details: ['TypeError: Do not know how to serialize a BigInt'],
        msg: 'a measurement was lost',
      },
    ])
    expect((await fetch(bare.metricsUrl)).status).toBe(200)
  })
})
