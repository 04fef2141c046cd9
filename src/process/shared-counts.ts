// Counts of several workers: each worker counts for itself, and the primary adds the counts up in the background. Both ends
// are here: addWorkerCounts() runs in the primary, shareCounts() in a worker.
//
//   worker → primary    counts since the last message, at most every 100 ms
//   primary → workers   the totals of the same keys
import cluster from 'node:cluster'
import { RateLimiterMemory } from 'rate-limiter-flexible'

/** What other workers count within this time is not known yet, so a limit may be exceeded by that much. */
const intervalMs = 100

/** The channel has other messages too, so each of these has a key of its own. */
type CountsMessage = { requestCounts: [key: string, count: number][] }
type TotalsMessage = { requestTotals: [key: string, total: number, resetMs: number][]; own: boolean }

/** Adds up the counts of the workers, over windows of `durationSeconds`. Call it before they start. */
export function addWorkerCounts(durationSeconds: number) {
  const totals = new RateLimiterMemory({ points: 1, duration: durationSeconds })
  cluster.on('message', async (sender, { requestCounts }: Partial<CountsMessage>) => {
    if (!requestCounts) return
    const requestTotals = await Promise.all(
      requestCounts.map(async ([key, count]): Promise<TotalsMessage['requestTotals'][number]> => {
        const { consumedPoints, msBeforeNext } = await totals.penalty(key, count)
        return [key, consumedPoints, msBeforeNext]
      }),
    )
    for (const worker of Object.values(cluster.workers ?? {})) {
      const message: TotalsMessage = { requestTotals, own: worker === sender }
      worker?.send(message, undefined, undefined, ignoreError)
    }
  })
}

/**
 * Shares the counts of a worker's limiter with those of the other workers. Call the returned function for every event that
 * the limiter counts. Without the primary, the worker continues to count its own.
 */
export function shareCounts(limiter: RateLimiterMemory): (key: string) => void {
  /** Sent, but not yet part of the totals. There is at most one such message, so its answer tells when it is. */
  let sent = new Map<string, number>()
  let unsent = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  process.on('message', ({ requestTotals, own }: Partial<TotalsMessage>) => {
    if (!requestTotals) return
    if (own) sent = new Map()
    for (const [key, total, resetMs] of requestTotals)
      void limiter.set(key, total + (sent.get(key) ?? 0) + (unsent.get(key) ?? 0), resetMs / 1_000)
  })

  return (key) => {
    unsent.set(key, (unsent.get(key) ?? 0) + 1)
    if (!timer) send()
  }

  function send() {
    timer = undefined
    if (unsent.size === 0) return
    timer = setTimeout(send, intervalMs).unref()
    if (sent.size > 0) return
    const message: CountsMessage = { requestCounts: [...unsent] }
    sent = unsent
    unsent = new Map()
    process.send?.(message, undefined, undefined, ignoreError)
  }
}

/** The process at the other end may have ended. */
function ignoreError() {}
