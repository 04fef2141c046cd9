// Rate limits: each checked request consumes from a quota, which the `RateLimit-…` headers show. Beyond it: 429 (RFC 6585).
import type { IncomingHttpHeaders } from 'node:http'
import { isIPv4 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { AppError } from '../errors.ts'
import { type Quota, quotaHeaders, rateLimited } from '../quota.ts'
import type { Viewer } from '../viewer.ts'
import type { Context } from './context.ts'

export type RateLimitName = 'requests' | 'login' | 'signup'

/** Counts one event for a key. */
export type RateLimiter = (key: string) => Promise<Quota>

/** A limit without a limiter is off. */
export type RateLimiters = Readonly<Record<RateLimitName, RateLimiter | undefined>>

/** A rate limit of an endpoint, in addition to the request limit of the whole API. */
export type RateLimit = LimitedByCounter | LimitedByHandler

/** Counted per user (per address if the request is anonymous) or per address. */
type LimitedByCounter = {
  name: Exclude<RateLimitName, 'requests'>
  by: 'user' | 'address'
  /** Count separately per value of this body field, ignoring case. The limit is then checked after input validation. */
  bodyField?: string
  /** Called for every request beyond the limit. */
  onExceeded?: () => void
}

/**
 * Counted by the handler, in the statement that it runs anyway: it returns the quota in its output. `countFailed` counts
 * a request that failed before that, unless it repeats one that already has a response; those are never refused.
 */
type LimitedByHandler = {
  countFailed: (viewer: Viewer, headers: IncomingHttpHeaders) => Promise<Quota | undefined>
}

export type RateLimits = ReturnType<typeof createRateLimits>

/** Every function that it returns throws an AppError rate-limited if a limit is exceeded. */
export function createRateLimits(limiters: RateLimiters) {
  return {
    /** The limit on all requests to the API. */
    async checkRequest(ctx: Context, viewer: Viewer | undefined): Promise<void> {
      await consume(ctx, { name: 'requests' }, viewer?.userId ?? addressOf(ctx))
    },

    async checkBeforeInput(ctx: Context, limit: RateLimit, viewer: Viewer | undefined): Promise<void> {
      if ('countFailed' in limit || limit.bodyField !== undefined) return
      await consume(ctx, limit, subject(ctx, limit, viewer))
    },

    async checkAfterInput(
      ctx: Context,
      limit: RateLimit,
      viewer: Viewer | undefined,
      body: Record<string, unknown>,
    ): Promise<void> {
      if ('countFailed' in limit || limit.bodyField === undefined) return
      const field = String(body[limit.bodyField]).toLowerCase()
      await consume(ctx, limit, `${subject(ctx, limit, viewer)} ${field}`)
    },

    /** For a request that the service refused: a limit that the handler counts takes precedence over other errors. */
    async checkAfterFailure(
      ctx: Context,
      limit: RateLimit,
      viewer: Viewer | undefined,
      error: unknown,
    ): Promise<void> {
      if (!('countFailed' in limit) || !viewer) return
      if (!(error instanceof AppError) || error.code === 'rate-limited') return
      apply(ctx, await limit.countFailed(viewer, ctx.headers))
    },

    /** Shows a quota in the headers. */
    show: apply,
  }

  async function consume(
    ctx: Context,
    { name, onExceeded }: { name: RateLimitName; onExceeded?: () => void },
    key: string,
  ) {
    const quota = await limiters[name]?.(key)
    if (quota?.exceeded) onExceeded?.()
    apply(ctx, quota)
  }
}

/** The headers show the tightest quota. */
function apply(ctx: Context, quota: Quota | undefined) {
  if (!quota) return
  if (quota.exceeded) throw rateLimited(quota)
  const { tightestQuota } = ctx.state
  if (tightestQuota && tightestQuota.remaining < quota.remaining) return
  ctx.state.tightestQuota = quota
  ctx.res.setHeaders(new Map(Object.entries(quotaHeaders(quota))))
}

function subject(ctx: Context, { by }: LimitedByCounter, viewer: Viewer | undefined): string {
  return (by === 'user' && viewer?.userId) || addressOf(ctx)
}

/**
 * The client's address. An IPv6 client can use its whole /64 (RFC 6177), so only that half identifies it. If the
 * forwarded address is malformed, the proxy's own address counts.
 */
function addressOf(ctx: Context): string {
  if (isIPv4(ctx.ip)) return ctx.ip
  const text = ipaddr.isValid(ctx.ip) ? ctx.ip : ctx.req.socket.remoteAddress
  // The client has disconnected; nobody will read the response.
  if (text === undefined) return ''
  const address = ipaddr.process(text)
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString()
}
