/** Calls `onSample` regularly with the delay of the event loop in milliseconds: how late the timer fired. */
export function sampleDelay(intervalMs: number, onSample: (delayMs: number) => void) {
  let due = performance.now() + intervalMs
  setInterval(() => {
    const now = performance.now()
    onSample(Math.max(0, now - due))
    due = now + intervalMs
  }, intervalMs).unref()
}
