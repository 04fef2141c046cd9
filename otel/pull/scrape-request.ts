// Reads the headers of a scrape: timeout and bearer token.
import { createHash, timingSafeEqual } from 'node:crypto'

const defaultTimeoutMs = 9_000
const marginMs = 500
const maxTimeoutMs = 3_600_000

/**
 * How long a scrape may take: half a second less than Prometheus waits, so that it still gets the 503; half of its
 * timeout if that is less than a second.
 */
export function scrapeTimeoutMs(scrapeTimeoutSeconds: string | string[] | undefined): number {
  const prometheusMs = Number(scrapeTimeoutSeconds) * 1000
  if (!(prometheusMs > 0)) return defaultTimeoutMs
  return Math.min(Math.max(prometheusMs - marginMs, prometheusMs / 2), maxTimeoutMs)
}

/** Whether an Authorization header has the bearer token (RFC 6750). Takes the same time for every wrong token. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const given = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(sha256(given), sha256(token))
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
