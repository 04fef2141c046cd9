import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether an Authorization header carries the bearer token (RFC 6750); takes the same time for any wrong one. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const given = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(sha256(given), sha256(token))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
