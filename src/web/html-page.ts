// HTML pages without a build step: one template, the shared look, and a Content-Security-Policy for each page.
import { z } from 'zod'
import { contentSecurityPolicy } from '../../lib/content-security-policy.ts'
import { contentTypes } from '../../lib/static-files.ts'
import { assetPath } from './assets.ts'

/** Declares the reply of an endpoint that sends an HTML page. */
export const pageReply = {
  description: 'An HTML page',
  body: z.string().meta({ examples: ['<!doctype html>…'] }),
  type: contentTypes['.html'],
} as const

type PageOptions = {
  title: string
  /** HTML of the part below the bar. The caller escapes every part that is not constant. */
  main: string
  /** More HTML for the head, such as links and scripts. */
  head?: string
  /** Sources that the page loads from, by directive of its Content-Security-Policy. */
  sources?: Readonly<Record<string, string>>
}

/** Builds the reply with an HTML page. */
export function htmlPage({ title, main, head = '', sources }: PageOptions) {
  const policy = contentSecurityPolicy({ ...lookSources, ...sources })
  return {
    status: 200,
    headers: { 'Content-Security-Policy': policy },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="${assetPath('look/icon.svg')}">
${styles}
${head}
<body>
<header class="bar">
<a class="brand" href="/"><img src="${assetPath('look/icon.svg')}" alt="" width="30" height="30">microposts</a>
<nav aria-label="Main"><a href="/">Home</a><a href="/docs">API</a><a href="/problems">Problem types</a></nav>
</header>
<main>${main}</main>
</html>
`,
  } as const
}

const lookSources = { 'img-src': "'self' data:", 'style-src': "'self'", 'font-src': "'self'" }
const styles = ['tokens.css', 'font.css', 'bar.css', 'pages.css']
  .map((name) => `<link rel="stylesheet" href="${assetPath(`look/${name}`)}">`)
  .join('\n')
