const DEFAULT_MS = 9_000
const MARGIN_MS = 500
const MAX_MS = 3_600_000

/**
 * How long a scrape may take, in milliseconds: half a second less than Prometheus waits, so that it hears why; half of
 * its time when it waits less than a second.
 */
export function timeLimit(scrapeTimeoutSeconds: string | string[] | undefined): number {
  const waitsMs = Number(scrapeTimeoutSeconds) * 1000
  if (!(waitsMs > 0)) return DEFAULT_MS
  return Math.min(Math.max(waitsMs - MARGIN_MS, waitsMs / 2), MAX_MS)
}
