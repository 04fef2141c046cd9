// Serves static files from any HTTP server: compressed, with entity tags and conditional requests (RFC 9110).
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import fresh from 'fresh'
import { prefersGzip } from './content-encoding.ts'

export type StaticResponse =
  | { status: 200; headers: Record<string, string>; body: Buffer }
  | { status: 304; headers: Record<string, string>; body?: undefined }

/** Builds the response to GET. For HEAD, the server omits the body. Rejects if the file cannot be read. */
export type StaticFile = (requestHeaders: IncomingHttpHeaders) => Promise<StaticResponse>

/** By file extension. */
export const contentTypes = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.woff2': 'font/woff2',
} as const

const compress = promisify(gzip)

/**
 * Serves the file at a `file:` URL with the given headers, such as Cache-Control. The first request reads and compresses
 * it; if that fails, the next request tries again. Throws for an unknown file extension.
 */
export function staticFile(url: string, headers: Readonly<Record<string, string>>): StaticFile {
  const path = fileURLToPath(url)
  return staticContent(path, () => readFile(path), headers)
}

/** The same for content that `read` returns; the extension of `name` determines its type. */
export function staticContent(
  name: string,
  read: () => Promise<Buffer>,
  headers: Readonly<Record<string, string>>,
): StaticFile {
  const type = typeOf(name)
  let content: ReturnType<typeof encode> | undefined

  return async (requestHeaders) => {
    content ??= read()
      .then(encode)
      .catch((error) => {
        content = undefined
        throw error
      })
    const { plain, gzipped, hash } = await content
    const isGzipped = prefersGzip(requestHeaders['accept-encoding'])
    // A strong tag names exact bytes, so each encoding has its own.
    const etag = isGzipped ? `"${hash}-gzip"` : `"${hash}"`
    const common = { ...headers, ETag: etag, Vary: 'Accept-Encoding' }
    // Only If-None-Match: `fresh` treats `Cache-Control: no-cache` as a reload, but fetch() adds it to conditional requests.
    if (fresh({ 'if-none-match': requestHeaders['if-none-match'] }, { etag })) {
      return { status: 304, headers: common }
    }
    const body = isGzipped ? gzipped : plain
    const described = { ...common, 'Content-Type': type, 'Content-Length': String(body.length) }
    return {
      status: 200,
      headers: isGzipped ? { ...described, 'Content-Encoding': 'gzip' } : described,
      body,
    }
  }
}

async function encode(plain: Buffer) {
  const hash = createHash('sha256').update(plain).digest('base64url')
  return { plain, gzipped: await compress(plain), hash }
}

function typeOf(name: string): string {
  const type = contentTypes[extname(name) as keyof typeof contentTypes]
  if (type === undefined) throw new Error(`No content type is known for ${name}.`)
  return type
}
