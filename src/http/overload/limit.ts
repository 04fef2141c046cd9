// How many requests may be active at once: the limit follows the measured load.

const sampleMs = 20
/** The number of recent delays, of which the smallest counts: a short pause is not overload (as in CoDel, RFC 8289). */
const standing = 2
/**
 * Keeps the event loop and the connections to the database busy, and lets in the requests that arrive during one turn of a busy
 * event loop.
 */
const least = 48
/** Before overload is noticed, no more requests than this get in: about those that arrive during a garbage collection. */
const greatest = 512
/** The shares of idle time of the event loop below which it is busy, and above which it can do more. */
const busyBelow = 0.02
const freeAbove = 0.05
/** The number of busy samples after which the event loop cannot keep up. A garbage collection or a burst is over before. */
const busyInARow = 5

/**
 * The limit is halved at each sample that shows overload, and grows by a tenth while the event loop has idle time:
 *
 * - The delay exceeds `maxDelayMs`: how late the event loop runs its timers, plus the wait for a connection.
 * - Requests were rejected, and the event loop has had no idle time for 100 ms. It cannot answer more, so more requests
 *   would only wait.
 */
export function createLimit(maxDelayMs: number, connectionDelayMs: () => number) {
  let limit = greatest
  let hasRejected = false
  let delays: number[] = []
  let busySamples = 0
  sampleEventLoop((eventLoopDelayMs, idle) => {
    delays = [eventLoopDelayMs + connectionDelayMs(), ...delays].slice(0, standing)
    const delayMs = Math.min(...delays)
    busySamples = idle < busyBelow ? busySamples + 1 : 0
    if (delayMs > maxDelayMs || (hasRejected && busySamples >= busyInARow)) limit = Math.max(least, limit / 2)
    else if (delayMs < maxDelayMs / 2 && idle > freeAbove) limit = Math.min(greatest, limit * 1.1)
    hasRejected = false
  })
  return {
    /** Whether this number of active requests fills a share (0 to 1) of the limit. */
    isReached: (active: number, share: number) => active >= limit * share,
    /** The caller rejects a request. */
    rejected() {
      hasRejected = true
    },
  }
}

/** Calls `onSample` regularly with the delay of the timer and the idle share (0 to 1) of the time since the last call. */
function sampleEventLoop(onSample: (delayMs: number, idle: number) => void) {
  let last = performance.eventLoopUtilization()
  let due = performance.now() + sampleMs
  setInterval(() => {
    const now = performance.now()
    const current = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(current, last)
    onSample(Math.max(0, now - due), 1 - utilization)
    due = now + sampleMs
    last = current
  }, sampleMs).unref()
}
