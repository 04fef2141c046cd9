import { contentSecurityPolicy } from '../../../lib/content-security-policy.ts'
import type { Middleware } from '../context.ts'

/** The security headers of every response. The proxy that terminates TLS sets Strict-Transport-Security. */
export const securityHeaders = {
  // For responses that are not HTML; an HTML page sends a policy of its own.
  'Content-Security-Policy': contentSecurityPolicy(),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

export function setSecurityHeaders(): Middleware {
  const headers = new Map(Object.entries(securityHeaders))
  return (ctx, next) => {
    ctx.res.setHeaders(headers)
    return next()
  }
}
