// The base of every absolute link: PUBLIC_URL if it is set, else the origin of the request.
import { AppError } from '../../errors.ts'
import type { Context, Middleware } from '../context.ts'

/** A name, an IPv4 address or an IPv6 address in brackets, and a port (a subset of RFC 3986, section 3.2.2). */
const host = /^(?:[A-Za-z0-9_.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/**
 * Sets `ctx.state.origin`. It uses forwarded headers only if Koa's `proxy` setting is on (TRUST_PROXY).
 *
 * @throws {AppError} malformed-request if Host is malformed, missing or repeated (RFC 9112, section 3.2)
 */
export function origin(publicUrl: string | undefined): Middleware {
  return (ctx, next) => {
    const own = ownHost(ctx)
    const forwarded = ctx.app.proxy ? ctx.get('X-Forwarded-Host').split(',', 1)[0]?.trim() : ''
    if (!isHost(own) || (forwarded && !isHost(forwarded)))
      throw new AppError('malformed-request', 'The Host header is malformed.')
    ctx.state.origin = publicUrl ?? `${scheme(ctx)}://${forwarded || own}`
    return next()
  }
}

/** The raw header, because `ctx.host` accepts malformed hosts: it drops the part before an `@` or after a comma. */
function ownHost(ctx: Context): string {
  const { rawHeaders, httpVersion } = ctx.req
  let sent = 0
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'host') sent++
  return sent === 0 && httpVersion === '1.0' ? 'localhost' : sent === 1 ? ctx.get('Host') : ''
}

/** The last valid host: almost every request has the same one. */
let known = ''

/** The URL parser also checks ranges: port 70000 and address 256.0.0.1 are not valid. */
function isHost(text: string): boolean {
  if (text === known) return text !== ''
  const valid = host.test(text) && URL.canParse(`http://${text}`)
  if (valid) known = text
  return valid
}

/** Only `http` or `https`, whatever X-Forwarded-Proto says. */
export const scheme = (ctx: Context): 'http' | 'https' => (ctx.protocol === 'https' ? 'https' : 'http')
