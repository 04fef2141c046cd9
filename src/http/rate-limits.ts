// Rate limits: each checked request consumes from a quota, which the `RateLimit-…` headers show. Beyond it: 429 (RFC 6585).
import type { IncomingHttpHeaders } from 'node:http'
import ipaddr from 'ipaddr.js'
import { AppError } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import type { Context, Quota } from './context.ts'

export type RateLimitName = 'requests' | 'login' | 'signup' | 'posts'

/** Counts one event for a key; `resetMs` is the time until the count restarts. Undefined if counting timed out. */
export type RateLimiter = (key: string) => Promise<Quota | undefined>

/** A limit without a limiter is off. */
export type RateLimiters = Readonly<Record<RateLimitName, RateLimiter | undefined>>

/** A rate limit of an endpoint, in addition to the request limit of the whole API. */
export type RateLimit = {
  name: Exclude<RateLimitName, 'requests'>
  /** `user`: per user, or per address if the request is anonymous. */
  by: 'user' | 'address'
  /** Count separately per value of this body field, ignoring case. The limit is then checked after input validation. */
  bodyField?: string
  /** Whether the request repeats one that already has a response: replays do not count and are never refused. */
  isReplay?: (viewer: Viewer | undefined, headers: IncomingHttpHeaders) => Promise<boolean>
  /** Called for every request beyond the limit. */
  onExceeded?: () => void
}

export type RateLimits = ReturnType<typeof createRateLimits>

/** Every function it returns throws an AppError rate-limited if a limit is exceeded. */
export function createRateLimits(limiters: RateLimiters) {
  return {
    /** The limit on all requests to the API. */
    async checkRequest(ctx: Context, viewer: Viewer | undefined): Promise<void> {
      await consume(ctx, { name: 'requests' }, viewer?.userId ?? addressOf(ctx))
    },

    async checkBeforeInput(ctx: Context, limit: RateLimit, viewer: Viewer | undefined): Promise<void> {
      if (limit.bodyField !== undefined || !limiters[limit.name]) return
      if (await limit.isReplay?.(viewer, ctx.headers)) return
      await consume(ctx, limit, subject(ctx, limit, viewer))
    },

    async checkAfterInput(
      ctx: Context,
      limit: RateLimit,
      viewer: Viewer | undefined,
      body: Record<string, unknown>,
    ): Promise<void> {
      if (limit.bodyField === undefined) return
      const field = String(body[limit.bodyField]).toLowerCase()
      await consume(ctx, limit, `${subject(ctx, limit, viewer)} ${field}`)
    },
  }

  async function consume(
    ctx: Context,
    { name, onExceeded }: { name: RateLimitName; onExceeded?: () => void },
    key: string,
  ) {
    const quota = await limiters[name]?.(key)
    if (!quota) return
    setHeaders(ctx, quota)
    if (!quota.exceeded) return
    onExceeded?.()
    const seconds = Math.max(1, resetSeconds(quota))
    throw new AppError('rate-limited', `Too many requests. Try again in ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
    })
  }
}

/** The headers show the tightest quota. */
function setHeaders(ctx: Context, quota: Quota) {
  const { tightestQuota } = ctx.state
  if (tightestQuota && tightestQuota.remaining < quota.remaining) return
  ctx.state.tightestQuota = quota
  ctx.set('RateLimit-Limit', String(quota.limit))
  ctx.set('RateLimit-Remaining', String(quota.remaining))
  ctx.set('RateLimit-Reset', String(resetSeconds(quota)))
}

const resetSeconds = ({ resetMs }: Quota) => Math.ceil(resetMs / 1000)

function subject(ctx: Context, { by }: RateLimit, viewer: Viewer | undefined): string {
  return (by === 'user' && viewer?.userId) || addressOf(ctx)
}

/**
 * The client's address. An IPv6 client can use its whole /64 (RFC 6177), so only that half identifies it. If the
 * forwarded address is malformed, the proxy's own address counts.
 */
function addressOf(ctx: Context): string {
  const text = ipaddr.isValid(ctx.ip) ? ctx.ip : ctx.req.socket.remoteAddress
  // The client has disconnected; nobody will read the response.
  if (text === undefined) return ''
  const address = ipaddr.process(text)
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString()
}
