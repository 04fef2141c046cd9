// The base of every absolute link: PUBLIC_URL when it is set, else what the request says.
import { AppError } from '../errors.ts'
import type { Context, Middleware } from './context.ts'

/** RFC 3986, section 3.2.2, without what no client sends: a name or IPv4, or IPv6 in brackets; a port. */
const host = /^(?:[A-Za-z0-9_.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/**
 * Sets `ctx.state.origin`. Forwarded headers count only where Koa's `proxy` setting is on (TRUST_PROXY).
 *
 * @throws {AppError} malformed-request for a Host that is none.
 */
export function origin(publicUrl: string | undefined): Middleware {
  return (ctx, next) => {
    if (ctx.host !== '' && !host.test(ctx.host))
      throw new AppError('malformed-request', 'The Host header is not a host.')
    ctx.state.origin = publicUrl ?? `${scheme(ctx)}://${ctx.host || 'localhost'}`
    return next()
  }
}

/** Only `http` and `https`, whatever a forwarding proxy was told. */
export const scheme = (ctx: Context): 'http' | 'https' => (ctx.protocol === 'https' ? 'https' : 'http')
