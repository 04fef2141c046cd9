// The HTML page that loads the web client. It is the same at every address; the client shows what the address names.
import { createHash } from 'node:crypto'
import { contentSecurityPolicy } from '../../lib/content-security-policy.ts'
import { telemetryStatus } from '../../lib/telemetry-status.ts'
import { assetPath, assetsOfType } from './assets.ts'

/** No inline script or style, no other host, and no text that becomes markup (docs/security.md). */
const policy = contentSecurityPolicy({
  'script-src': "'self'",
  'style-src': "'self'",
  'font-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'require-trusted-types-for': "'script'",
  'trusted-types': "'none'",
})

/** Browsers ask at each visit whether the page has changed, because its links lead to one version of the assets. */
export function clientShell() {
  const body = shell(telemetryStatus().addresses['Live view'])
  const etag = createHash('sha256').update(body).digest('base64url')
  const headers = { 'Cache-Control': 'no-cache', 'Content-Security-Policy': policy, ETag: `"${etag}"` }
  return { status: 200, headers, body } as const
}

/** `liveView` is the address of the live view as this process knows it; the client decides whether it can be reached. */
const shell = (liveView: string | undefined) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, viewport-fit=cover">
<meta name="description" content="Short posts, people to follow, and a timeline that grows while you watch.">
<meta name="theme-color" content="#f8f7f4" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#101113" media="(prefers-color-scheme: dark)">
${liveView ? `<meta name="live-view" content="${liveView}">\n` : ''}<title>microposts</title>
<link rel="icon" href="${assetPath('look/icon.svg')}">
<link rel="preload" href="${assetPath('look/inter.woff2')}" as="font" type="font/woff2" crossorigin>
${styles.map((path) => `<link rel="stylesheet" href="${assetPath(path)}">`).join('\n')}
${scripts.map((path) => `<link rel="modulepreload" href="${assetPath(path)}">`).join('\n')}
<script type="module" src="${assetPath('app/main.js')}"></script>
</head>
<body>
<noscript>microposts needs JavaScript. Programs use <a href="/docs">its API</a>.</noscript>
</body>
</html>
`

/** Tokens and font come first: the other style sheets use them. */
const styles = [
  'look/tokens.css',
  'look/font.css',
  ...assetsOfType('.css').filter((path) => path.startsWith('styles/')),
]
const scripts = assetsOfType('.js')
