// Delays measurements while two readers collect, so that both collect the same ones.
import { diag } from '@opentelemetry/api'

/** Longer than any scrape waits for a callback. */
const maxMs = 10_000
const maxDelayed = 100_000

export type Pause = ReturnType<typeof createPause>

/** A pause that takes too long, because a callback hangs, ends by itself. */
export function createPause() {
  const running = new Set<symbol>()
  let delayed: (() => void)[] = []

  function end(one: symbol) {
    running.delete(one)
    if (running.size === 0) resume()
  }

  function resume() {
    const measurements = delayed
    delayed = []
    for (const measure of measurements) {
      try {
        measure()
      } catch (error) {
        diag.error('a measurement was lost', error)
      }
    }
  }

  return {
    async during<T>(work: () => Promise<T>): Promise<T> {
      const one = Symbol()
      running.add(one)
      const timer = setTimeout(end, maxMs, one).unref()
      try {
        return await work()
      } finally {
        clearTimeout(timer)
        end(one)
      }
    },

    isOn: () => running.size > 0,

    delay(measure: () => void) {
      delayed.push(measure)
      if (delayed.length < maxDelayed) return
      running.clear()
      resume()
    },

    /** Makes all delayed measurements now. */
    end() {
      running.clear()
      resume()
    },
  }
}
