// The service's own pages: plain HTML with one small style, and a policy that allows just what is on them.
import { createHash } from 'node:crypto'
import { z } from 'zod'

const ownStyle = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
h1 { line-height: 1.2; margin-bottom: .5rem }
code { font: .9em/1.6 ui-monospace, monospace; background: color-mix(in srgb, currentColor 8%, transparent); padding: .1em .3em; border-radius: .2em }
a { color: light-dark(#0b5394, #8ab4f8) }
td, th { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0 }
nav, .status { color: light-dark(#555, #aaa) }
`

const icon = `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><path fill='%230b5394' d='M0 0h8v6H4L2 8V6H0z'/></svg>`

/** The declaration of a page's reply. */
export const pageReply = {
  description: 'A page',
  body: z.string().meta({ examples: ['<!doctype html>…'] }),
  type: 'text/html; charset=utf-8',
} as const

/** What a page needs of its own besides text. */
export type PageParts = {
  title: string
  /** HTML; whoever writes it escapes what is not constant. */
  body: string
  /** More for the head: links and scripts. */
  head?: string
  /** Its style, instead of the one that pages have. */
  style?: string
  /** Sources that the page may load from, by directive of a Content-Security-Policy (CSP3). */
  sources?: Readonly<Record<string, string>>
}

/** The reply with a page. */
export function htmlPage({ title, body, head = '', style = ownStyle, sources = {} }: PageParts) {
  const directives = {
    'default-src': "'none'",
    'img-src': 'data:',
    'style-src': hashSource(style),
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    ...sources,
  }
  const policy = Object.entries(directives).map(([name, value]) => `${name} ${value}`)
  return {
    status: 200,
    headers: { 'Content-Security-Policy': policy.join(';') },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
${head}
${body}
</html>
`,
  } as const
}

/** Allows the inline script or style with exactly this text. */
export const hashSource = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`
