// Whether the service can be reached. While it cannot, requests wait here, and one probe at a time asks whether it is back.
import { createStore } from '../library/store.js'

const firstPauseMs = 1_000
const longestPauseMs = 15_000

/** Whether the last request reached a service that could respond. */
export const isReachable = createStore(true)

/** @type {Promise<void> | undefined} */
let probing
let wake = () => {}
addEventListener('online', () => wake())

/**
 * Call it when a request failed. Resolves when the service is ready again.
 *
 * @param {number} [pauseMs] how long to wait before the first probe
 */
export function reconnected(pauseMs = firstPauseMs) {
  isReachable.set(false)
  probing ??= probe(pauseMs).finally(() => {
    probing = undefined
    isReachable.set(true)
  })
  return probing
}

/** @param {number} pauseMs */
async function probe(pauseMs) {
  for (;;) {
    await pause(pauseMs)
    const response = await fetch('/readyz', { signal: AbortSignal.timeout(10_000) }).catch(() => undefined)
    if (response?.ok) return
    pauseMs = Math.min(pauseMs * 2, longestPauseMs)
  }
}

/**
 * Ends early when the network is back.
 *
 * @param {number} ms
 */
function pause(ms) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      wake = resolve
      setTimeout(resolve, ms)
    })
  )
}
