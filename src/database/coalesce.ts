/**
 * Limits how often `run` is called. The first `call` runs it at once; those that follow while it runs, or within the
 * interval after it, cause one more run.
 */
export function coalesce(run: () => Promise<unknown>, intervalMs: number) {
  let running: Promise<unknown> | undefined
  let interval: NodeJS.Timeout | undefined
  let waiting = false

  function call() {
    waiting = true
    if (!running && !interval) start()
  }

  function start() {
    waiting = false
    running = run().finally(() => {
      running = undefined
      interval = setTimeout(end, intervalMs)
      // The owner flushes before the process ends.
      interval.unref()
    })
  }

  function end() {
    clearTimeout(interval)
    interval = undefined
    if (waiting) start()
  }

  return {
    call,
    /** Makes the run that waits, if there is one, and resolves after it. */
    async flush(): Promise<void> {
      await running
      end()
      await running
    },
  }
}
