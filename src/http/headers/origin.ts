// The base of every absolute link: PUBLIC_URL when it is set, else what the request says.
import { AppError } from '../../errors.ts'
import type { Context, Middleware } from '../context.ts'

/** RFC 3986, section 3.2.2, without what no client sends: a name or IPv4, or IPv6 in brackets; a port. */
const host = /^(?:[A-Za-z0-9_.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/**
 * Sets `ctx.state.origin`. Forwarded headers count only where Koa's `proxy` setting is on (TRUST_PROXY).
 *
 * @throws {AppError} malformed-request for a Host that is none, is missing or comes twice (RFC 9112, section 3.2).
 */
export function origin(publicUrl: string | undefined): Middleware {
  return (ctx, next) => {
    const own = ownHost(ctx)
    const forwarded = ctx.app.proxy ? ctx.get('X-Forwarded-Host').split(',', 1)[0]?.trim() : ''
    if (!isHost(own) || (forwarded && !isHost(forwarded)))
      throw new AppError('malformed-request', 'The Host header is not a host.')
    ctx.state.origin = publicUrl ?? `${scheme(ctx)}://${forwarded || own}`
    return next()
  }
}

/** Koa's `ctx.host` would make one of what is none: it drops what stands before an `@` or behind a comma. */
function ownHost(ctx: Context): string {
  const { rawHeaders, httpVersion } = ctx.req
  const sent = rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === 'host').length
  return sent === 0 && httpVersion === '1.0' ? 'localhost' : sent === 1 ? ctx.get('Host') : ''
}

/** What no URL can be made of (a port of 70000, an address of 256.0.0.1) is no host either. */
const isHost = (text: string) => host.test(text) && URL.canParse(`http://${text}`)

/** Only `http` and `https`, whatever a forwarding proxy was told. */
export const scheme = (ctx: Context): 'http' | 'https' => (ctx.protocol === 'https' ? 'https' : 'http')
