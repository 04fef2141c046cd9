import { createHash } from 'node:crypto'

const nothing = {
  'default-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
}

/** Builds a Content-Security-Policy (CSP3) that forbids everything except the given sources, by directive. */
export function contentSecurityPolicy(sources: Readonly<Record<string, string>> = {}): string {
  return Object.entries({ ...nothing, ...sources })
    .map(([directive, value]) => `${directive} ${value}`)
    .join(';')
}

/** A source that allows the inline script or style with exactly this text. */
export function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}
