// Serves the live view: the HTML page at `/`, and what it loads under `/live/`.
import { readdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { contentSecurityPolicy } from '../../lib/content-security-policy.ts'
import { type StaticFile, staticFile } from '../../lib/static-files.ts'

const folder = new URL('page/', import.meta.url)

const sharedHeaders = {
  // Browsers revalidate each file on each visit, so that the files of two versions never mix.
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': contentSecurityPolicy({
    'script-src': "'self'",
    'style-src': "'self'",
    'connect-src': "'self'",
    'img-src': 'data:',
  }),
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

export function createLiveView() {
  const assets = readdirSync(folder).filter((name) => /\.(css|js)$/.test(name))
  const files = new Map<string, StaticFile>([
    ['/', ownFile('index.html')],
    ...assets.map((name) => [`/live/${name}`, ownFile(name)] as const),
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
