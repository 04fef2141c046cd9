// Serves the live view: the HTML page at `/`, and what it loads under `/live/`.
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { contentSecurityPolicy } from '../../lib/content-security-policy.ts'
import { type StaticFile, staticContent, staticFile } from '../../lib/static-files.ts'
import { serviceLinks } from './service-links.ts'

const folder = new URL('page/', import.meta.url)
/** The shared look without its font: the font is an npm package, which a copy of otel/ does not need. */
const look = new URL('../../lib/look/', import.meta.url)

const sharedHeaders = {
  // Browsers revalidate each file on each visit, so that the files of two versions never mix.
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': contentSecurityPolicy({
    'script-src': "'self'",
    'style-src': "'self'",
    'connect-src': "'self'",
    'img-src': "'self'",
  }),
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

export function createLiveView() {
  const assets = readdirSync(folder).filter((name) => /\.(css|js)$/.test(name))
  const files = new Map<string, StaticFile>([
    ['/', pageFile()],
    ...assets.map((name) => [`/live/${name}`, ownFile(name)] as const),
    ...['tokens.css', 'bar.css', 'icon.svg'].map((name) => [`/live/${name}`, lookFile(name)] as const),
    ['/live/uplot.css', libraryFile('uplot/dist/uPlot.min.css')],
    ['/live/uplot.js', libraryFile('uplot/dist/uPlot.iife.min.js')],
  ])

  return {
    has: (path: string) => files.has(path),

    /** Responds to GET and HEAD for a path that the view has. Rejects if its file cannot be read. */
    async respond(path: string, request: IncomingMessage, response: ServerResponse) {
      const file = files.get(path)
      if (file === undefined) throw new Error(`The live view has no ${path}.`)
      const { status, headers, body } = await file(request.headers)
      response.writeHead(status, headers).end(body)
    },
  }
}

const ownFile = (name: string) => staticFile(new URL(name, folder).href, sharedHeaders)
const libraryFile = (specifier: string) => staticFile(import.meta.resolve(specifier), sharedHeaders)
const lookFile = (name: string) => staticFile(new URL(name, look).href, sharedHeaders)

/** The page is not the same for every request: its links depend on where the browser is. */
function pageFile(): StaticFile {
  const page = readFileSync(new URL('index.html', folder), 'utf8')
  return (headers) => {
    const linked = page.replace('<!-- links to the service -->', serviceLinks(headers.host))
    return staticContent('index.html', async () => Buffer.from(linked), sharedHeaders)(headers)
  }
}
