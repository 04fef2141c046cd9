// HTML pages without a build step: one template, one small style sheet, and a Content-Security-Policy for each page.
import { z } from 'zod'
import { contentSecurityPolicy, hashSource } from '../../lib/content-security-policy.ts'
import { contentTypes } from '../../lib/static-files.ts'

const defaultStyle = `
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
h1 { line-height: 1.2; margin-bottom: .5rem }
code { font: .9em/1.6 ui-monospace, monospace; background: color-mix(in srgb, currentColor 8%, transparent); padding: .1em .3em; border-radius: .2em }
a { color: light-dark(#0b5394, #8ab4f8) }
td, th { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0 }
nav, .status { color: light-dark(#555, #aaa) }
`

const icon = `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><path fill='%230b5394' d='M0 0h8v6H4L2 8V6H0z'/></svg>`

/** Declares the reply of an endpoint that sends an HTML page. */
export const pageReply = {
  description: 'An HTML page',
  body: z.string().meta({ examples: ['<!doctype html>…'] }),
  type: contentTypes['.html'],
} as const

type PageOptions = {
  title: string
  /** HTML. The caller escapes every part that is not constant. */
  body: string
  /** More HTML for the head, such as links and scripts. */
  head?: string
  /** Replaces the default style sheet. */
  style?: string
  /** Sources that the page loads from, by directive of its Content-Security-Policy. */
  sources?: Readonly<Record<string, string>>
}

/** Builds the reply with an HTML page. */
export function htmlPage({ title, body, head = '', style = defaultStyle, sources }: PageOptions) {
  const policy = contentSecurityPolicy({ 'img-src': 'data:', 'style-src': hashSource(style), ...sources })
  return {
    status: 200,
    headers: { 'Content-Security-Policy': policy },
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
