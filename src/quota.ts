import { AppError } from './errors.ts'

/** A rate limit and how much of it a client has used; `resetMs` is the time until the count restarts. */
export type Quota = { limit: number; remaining: number; resetMs: number; exceeded: boolean }

/** The window of each rate limit: seconds from the first event of a count until it restarts. */
export const windowSeconds = { requests: 5 * 60, login: 5 * 60, signup: 30 * 60, posts: 60 }

/** The error of a request beyond its rate limit, with Retry-After (RFC 6585). */
export function rateLimited(quota: Quota): AppError {
  const seconds = Math.max(1, resetSeconds(quota))
  return new AppError('rate-limited', `Too many requests. Try again in ${seconds} s.`, {
    headers: { ...quotaHeaders(quota), 'Retry-After': String(seconds) },
  })
}

/** The headers that show a quota. */
export const quotaHeaders = (quota: Quota) => ({
  'RateLimit-Limit': String(quota.limit),
  'RateLimit-Remaining': String(quota.remaining),
  'RateLimit-Reset': String(resetSeconds(quota)),
})

const resetSeconds = ({ resetMs }: Quota) => Math.ceil(resetMs / 1000)
