// How often a client may do something: counted, told in `RateLimit-…` headers, and refused beyond (429, RFC 6585).
import type { IncomingHttpHeaders } from 'node:http'
import ipaddr from 'ipaddr.js'
import { AppError } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import type { Context, Quota } from './context.ts'

export type LimitName = 'requests' | 'login' | 'signup' | 'posts'

/** Counts one more for a key; `resetMs` is when the count starts anew. Undefined where it could not be counted in time. */
export type Limiter = (key: string) => Promise<Quota | undefined>

/** A limit without a limiter is off. */
export type Limiters = Readonly<Record<LimitName, Limiter | undefined>>

/** A limit that an endpoint has besides that on all requests. */
export type Limit = {
  name: Exclude<LimitName, 'requests'>
  by: 'user' | 'address'
  /** A field of the body that counts apart, whatever its case; the limit is then judged after the input. */
  and?: string
  /** Which requests neither count nor are refused. */
  unless?: (viewer: Viewer | undefined, headers: IncomingHttpHeaders) => Promise<boolean>
}

export type Limits = ReturnType<typeof createLimits>

export function createLimits({ limiters, onExceeded }: LimitsDependencies) {
  return {
    /** @throws {AppError} rate-limited */
    async beforeInput(ctx: Context, limit: Limit | undefined, viewer: Viewer | undefined): Promise<void> {
      await consume(ctx, 'requests', viewer?.userId ?? addressOf(ctx))
      if (!limit || limit.and !== undefined || !limiters[limit.name]) return
      if (await limit.unless?.(viewer, ctx.headers)) return
      await consume(ctx, limit.name, subject(ctx, limit, viewer))
    },

    /** @throws {AppError} rate-limited */
    async afterInput(
      ctx: Context,
      limit: Limit | undefined,
      viewer: Viewer | undefined,
      body: Record<string, unknown>,
    ): Promise<void> {
      if (limit?.and === undefined) return
      const field = String(body[limit.and]).toLowerCase()
      await consume(ctx, limit.name, `${subject(ctx, limit, viewer)} ${field}`)
    },
  }

  async function consume(ctx: Context, name: LimitName, key: string) {
    const quota = await limiters[name]?.(key)
    if (!quota) return
    show(ctx, quota)
    if (!quota.exceeded) return
    onExceeded(name)
    const seconds = Math.max(1, secondsLeft(quota))
    throw new AppError('rate-limited', `Too much in too short a time. Try again in ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
    })
  }
}

type LimitsDependencies = {
  limiters: Limiters
  onExceeded: (name: LimitName) => void
}

/** Sends the quota with the fewest requests remaining. */
function show(ctx: Context, quota: Quota) {
  const { tightestQuota } = ctx.state
  if (tightestQuota && tightestQuota.remaining < quota.remaining) return
  ctx.state.tightestQuota = quota
  ctx.set('RateLimit-Limit', String(quota.limit))
  ctx.set('RateLimit-Remaining', String(quota.remaining))
  ctx.set('RateLimit-Reset', String(secondsLeft(quota)))
}

const secondsLeft = ({ resetMs }: Quota) => Math.ceil(resetMs / 1000)

function subject(ctx: Context, { by }: Limit, viewer: Viewer | undefined): string {
  return (by === 'user' && viewer?.userId) || addressOf(ctx)
}

/**
 * The client's address. Of IPv6 the first half: whoever has one address there has all of its /64 (RFC 6177). A
 * forwarded one that is no address is not told apart from its proxy.
 */
function addressOf(ctx: Context): string {
  const text = ipaddr.isValid(ctx.ip) ? ctx.ip : ctx.req.socket.remoteAddress
  // A client that is gone has no address, and nobody to answer.
  if (text === undefined) return ''
  const address = ipaddr.process(text)
  return address instanceof ipaddr.IPv6 ? address.parts.slice(0, 4).join(':') : address.toString()
}
