import { contentSecurityPolicy } from '../../../lib/content-security-policy.ts'
import type { Middleware } from '../context.ts'

const headers = {
  // For responses that are not HTML; an HTML page sends a policy of its own.
  'Content-Security-Policy': contentSecurityPolicy(),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/** Sets the security headers of every response. The proxy that terminates TLS sets Strict-Transport-Security. */
export function securityHeaders(): Middleware {
  return (ctx, next) => {
    ctx.set(headers)
    return next()
  }
}
