// Serves the live view: the page on `/` and all that it loads, which is a fixed list of files.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import fresh from 'fresh'
import { prefersGzip } from '../pull/negotiation.ts'

type Content = { plain: Buffer; gzipped: Buffer; etag: string }
type File = { type: string; content: () => Promise<Content> }

const HTML = 'text/html; charset=utf-8'
const CSS = 'text/css; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

const MODULES = [
  'chart.js',
  'charts.js',
  'durations.js',
  'exposition.js',
  'families.js',
  'figures.js',
  'filter.js',
  'format.js',
  'growth.js',
  'history.js',
  'labels.js',
  'lines.js',
  'main.js',
  'measures.js',
  'page.js',
  'plot.js',
  'poll.js',
  'quantiles.js',
  'rate-lines.js',
  'requests.js',
  'rows.js',
  'stack.js',
  'status.js',
  'table.js',
  'token.js',
]

const HEADERS = {
  // Kept, but asked for again each time: another version of the service is another page.
  'Cache-Control': 'no-cache',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join(';'),
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  Vary: 'Accept-Encoding',
}

const compress = promisify(gzip)

/** Makes the part of the endpoint that answers on the view's paths. A file is read on the first visit to it. */
export function createLiveView() {
  const files = new Map<string, File>([
    ['/', own('index.html', HTML)],
    ['/live/style.css', own('style.css', CSS)],
    ['/live/uplot.css', library('uplot/dist/uPlot.min.css', CSS)],
    ['/live/uplot.js', library('uplot/dist/uPlot.iife.min.js', SCRIPT)],
    ...MODULES.map((name) => [`/live/${name}`, own(name, SCRIPT)] as const),
  ])

  return {
    has: (path: string) => files.has(path),

    /** Answers GET and HEAD for a path that the view has. Rejects when its file cannot be read. */
    async answer(path: string, { headers }: IncomingMessage, response: ServerResponse) {
      const file = files.get(path)
      if (file === undefined) throw new Error(`The live view has no ${path}.`)
      const { plain, gzipped, etag } = await file.content()
      const common = { ...HEADERS, ETag: etag }
      if (fresh(headers, { etag })) return void response.writeHead(304, common).end()
      const compressed = prefersGzip(headers['accept-encoding'])
      const body = compressed ? gzipped : plain
      response.writeHead(200, {
        ...common,
        'Content-Type': file.type,
        'Content-Length': body.length,
        ...(compressed && { 'Content-Encoding': 'gzip' }),
      })
      response.end(body)
    },
  }
}

function own(name: string, type: string): File {
  return { type, content: once(() => read(new URL(`page/${name}`, import.meta.url).href)) }
}

function library(specifier: string, type: string): File {
  return { type, content: once(() => read(import.meta.resolve(specifier))) }
}

/** Keeps what was made, but not a failure: what cannot be read now may be there at the next visit. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make().catch((error) => {
      made = undefined
      throw error
    })
    return made
  }
}

async function read(url: string): Promise<Content> {
  const plain = await readFile(fileURLToPath(url))
  // Weak: with and without compression it is the same file, in other bytes.
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url')}"`
  return { plain, gzipped: await compress(plain), etag }
}
