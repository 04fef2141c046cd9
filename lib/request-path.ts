import type { IncomingMessage } from 'node:http'

/** The path of a request without its query, also if the target is in absolute form (RFC 9112, section 3.2.2). */
export function requestPath({ url = '' }: IncomingMessage): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '') || '/'
}
