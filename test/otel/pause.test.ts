import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createPause } from '../../otel/native/pause.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('A pause delays measurements in their order until the work is done', async () => {
  const pause = createPause()
  const measured: number[] = []
  const { promise, resolve } = Promise.withResolvers<string>()
  const work = pause.during(() => promise)

  expect(pause.isOn()).toBe(true)
  pause.delay(() => measured.push(1))
  pause.delay(() => {
    throw new Error('a bug of the SDK')
  })
  pause.delay(() => measured.push(2))
  expect(measured).toEqual([])

  resolve('done')
  expect(await work).toBe('done')
  expect([pause.isOn(), measured]).toEqual([false, [1, 2]])
})

it('A pause ends after 10 s if its work hangs, and when telemetry stops', () => {
  const pause = createPause()
  const measured: number[] = []
  void pause.during(() => new Promise(() => {}))
  pause.delay(() => measured.push(1))

  vi.advanceTimersByTime(9_999)
  expect([pause.isOn(), measured]).toEqual([true, []])
  vi.advanceTimersByTime(1)
  expect([pause.isOn(), measured]).toEqual([false, [1]])

  void pause.during(() => new Promise(() => {}))
  pause.delay(() => measured.push(2))
  pause.end()
  expect([pause.isOn(), measured]).toEqual([false, [1, 2]])
})

it('A pause lasts until the last of several collections is done, and ends early when too much waits', async () => {
  const pause = createPause()
  let measured = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = pause.during(() => promise)
  void pause.during(() => new Promise(() => {}))

  resolve()
  await first
  expect(pause.isOn()).toBe(true)
  for (let count = 0; count < 100_000; count++) pause.delay(() => measured++)
  expect([pause.isOn(), measured]).toEqual([false, 100_000])
})
