// Parses the responses on a connection as strictly as RFC 9112 allows.

export type Received = {
  status: number
  headers: Headers
  body: string
  /** Whether the connection ends after it. */
  last: boolean
}

const fieldLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*[\t\x20-\x7e\x80-\xff]*$/

/**
 * Returns the final responses, without the interim ones (1xx). `isHead` tells whether a
 * response answers a HEAD request, and has no body.
 *
 * @throws {Error} which names the first violation
 */
export function parseResponses(
  bytes: Buffer,
  isHead: (index: number, headers: Headers) => boolean,
): Received[] {
  const text = bytes.toString('latin1')
  const responses: Received[] = []
  for (let at = 0; at < text.length; ) {
    const head = text.indexOf('\r\n\r\n', at)
    if (head < 0) throw new Error(`incomplete headers of a response: ${excerpt(text, at)}`)
    const [line = '', ...fields] = text.slice(at, head).split('\r\n')
    const [, code] = /^HTTP\/1\.1 (\d{3}) [\t\x20-\x7e\x80-\xff]*$/.exec(line) ?? []
    if (code === undefined) throw new Error(`invalid status line: ${excerpt(text, at)}`)
    const invalid = fields.find((field) => !fieldLine.test(field))
    if (invalid !== undefined) throw new Error(`invalid header: ${JSON.stringify(invalid)}`)
    const headers = new Headers(fields.map((field) => field.split(/:[ \t]*(.*)/, 2) as [string, string]))
    const status = Number(code)
    if (status < 200) {
      at = head + 4
      continue
    }
    const isEmpty = isHead(responses.length, headers) || status === 204 || status === 304
    const { body, end } = isEmpty ? { body: '', end: head + 4 } : readBody(text, head + 4, headers)
    const last = /\bclose\b/i.test(headers.get('Connection') ?? '')
    responses.push({ status, headers, body, last })
    if (last && end < text.length) throw new Error(`bytes after the last response: ${excerpt(text, end)}`)
    at = end
  }
  return responses
}

function readBody(text: string, start: number, headers: Headers): { body: string; end: number } {
  const length = headers.get('Content-Length')
  if (headers.has('Transfer-Encoding')) {
    if (length !== null) throw new Error('a response has both Content-Length and Transfer-Encoding')
    return readChunked(text, start)
  }
  // Without a length, the body ends with the connection.
  if (length === null) return { body: text.slice(start), end: text.length }
  if (!/^\d+$/.test(length)) throw new Error(`invalid Content-Length: ${length}`)
  const end = start + Number(length)
  if (end > text.length) throw new Error(`incomplete body: ${text.length - start} of ${length} bytes`)
  return { body: text.slice(start, end), end }
}

function readChunked(text: string, start: number): { body: string; end: number } {
  let body = ''
  for (let at = start; ; ) {
    const [line, digits = ''] = /^([0-9A-Fa-f]+)\r\n/.exec(text.slice(at, at + 20)) ?? []
    if (line === undefined) throw new Error(`invalid chunk: ${excerpt(text, at)}`)
    const size = Number.parseInt(digits, 16)
    const end = at + line.length + size
    if (!text.startsWith('\r\n', end)) throw new Error(`invalid end of a chunk: ${excerpt(text, end)}`)
    if (size === 0) return { body, end: end + 2 }
    body += text.slice(at + line.length, end)
    at = end + 2
  }
}

const excerpt = (text: string, at: number) => JSON.stringify(text.slice(at, at + 80))
