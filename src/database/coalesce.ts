/**
 * Limits how often `run` is called. The first `call` runs it at once; those within the interval that follows cause one
 * more run at its end, or at `flush`.
 */
export function coalesce(run: () => void, intervalMs: number) {
  let interval: NodeJS.Timeout | undefined
  let waiting = false

  function call() {
    waiting = true
    if (!interval) runWaiting()
  }

  function runWaiting() {
    interval = undefined
    if (!waiting) return
    waiting = false
    interval = setTimeout(runWaiting, intervalMs)
    // The owner flushes before the process ends.
    interval.unref()
    run()
  }

  return { call, flush: runWaiting }
}
