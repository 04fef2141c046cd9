// Reads the requests in the bytes of a connection strictly as RFC 9112 defines them, independently of Node's parser.
import { METHODS } from 'node:http'
import { readChunks } from './chunks.ts'
import { type Fields, readFields, splitLine, trim } from './fields.ts'

export type ReadRequest = {
  method: string
  target: string
  version: string
  fields: Fields
  /** The valid X-Request-Id, which the response must repeat. */
  id: string | undefined
  /** Whether a server may refuse it, although this reader can frame it. */
  lenient: boolean
  /** Whether the connection ends after its response. */
  last: boolean
  /** What is wrong with the body after complete headers: the response may precede it. */
  body: 'complete' | 'refused' | 'incomplete'
}

/** `rest` is what follows the requests: nothing, bytes that must or may be refused, or the beginning of a request. */
export type Reading = { requests: ReadRequest[]; rest: 'nothing' | 'refused' | 'incomplete' }

type Head = Omit<ReadRequest, 'body'> & { end: number; framing: Framing }
type Framing = 'chunked' | 'refused' | number

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const strictLine = new RegExp(`^(${token}) ([\\x21-\\x7e]+) HTTP/(1\\.[01])$`)
/** What RFC 9112 allows a recipient to tolerate (section 3), other versions, and HTTP/0.9. */
const lenientLine = new RegExp(
  `^(${token})[ \\t\\v\\f\\r]+([^\\0\\n]*?)(?:[ \\t\\v\\f\\r]+HTTP/(\\d\\.\\d)[ \\t\\r]*)?$`,
)
/** The service may refuse headers beyond 16 KiB; Node counts more than their bytes. */
const headLimit = 8 * 1024

export function readRequests(bytes: Buffer): Reading {
  const text = bytes.toString('latin1')
  const requests: ReadRequest[] = []
  for (let at = 0; ; ) {
    const start = at + (/^[\r\n]*/.exec(text.slice(at, at + 1_000))?.[0].length ?? 0)
    if (start >= text.length) return { requests, rest: 'nothing' }
    const head = readHead(text, start)
    if (typeof head === 'string') return { requests, rest: head }
    const { end, framing, ...request } = head
    // Only an empty line in front of the request is to be ignored.
    request.lenient ||= start > at && text.slice(at, start) !== '\r\n'
    if (framing === 'refused') return { requests, rest: 'refused' }
    const body = framing === 'chunked' ? readChunks(text, end) : readLength(text, end, framing)
    if (typeof body === 'string') {
      requests.push({ ...request, body })
      return { requests, rest: body }
    }
    requests.push({ ...request, lenient: request.lenient || body.lenient, body: 'complete' })
    if (request.last) return { requests, rest: 'nothing' }
    at = body.end
  }
}

const readLength = (text: string, start: number, length: number) =>
  start + length > text.length ? 'incomplete' : { end: start + length, lenient: false }

function readHead(text: string, start: number): Head | 'refused' | 'incomplete' {
  const first = splitLine(text, start)
  if (!first) return 'incomplete'
  const strict = strictLine.exec(first.line)
  const [, method = '', target = '', version = '0.9'] = strict ?? lenientLine.exec(first.line) ?? []
  if (method === '') return 'refused'
  const fields = readFields(text, first.end)
  if (typeof fields === 'string') return fields
  const lenient =
    !strict ||
    first.bare ||
    fields.lenient ||
    fields.end - start > headLimit ||
    fields.count > 500 ||
    !isOrdinary(method, target)
  // A proxy's method: this server refuses it.
  if (method === 'CONNECT') return 'refused'
  const ids = fields.fields.get('x-request-id') ?? []
  const [id = ''] = ids
  const framed = readFraming(fields.fields, version)
  return {
    method,
    target,
    version,
    fields: fields.fields,
    id: ids.length === 1 && /^[A-Za-z0-9._-]{1,128}$/.test(id) ? id : undefined,
    lenient: lenient || framed.lenient,
    last: framed.last || closes(fields.fields, version),
    end: fields.end,
    framing: framed.framing,
  }
}

/** Whether the method is known to Node, and the target has the form for it (RFC 9112, section 3.2). */
const isOrdinary = (method: string, target: string) =>
  METHODS.includes(method) &&
  (/^(\/|https?:\/\/[a-z])/i.test(target) || (method === 'OPTIONS' && target === '*'))

/** RFC 9112, section 6.3. */
function readFraming(fields: Fields, version: string): { framing: Framing; lenient: boolean; last: boolean } {
  const lengths = list(fields, 'content-length')
  const codings = list(fields, 'transfer-encoding').map((coding) => coding.toLowerCase())
  if (codings.length > 0) {
    const isChunked = codings.indexOf('chunked') === codings.length - 1
    if (!isChunked) return { framing: 'refused', lenient: false, last: true }
    const isAmbiguous = lengths.length > 0 || version !== '1.1'
    const isPlain = codings.length === 1
    return { framing: 'chunked', lenient: isAmbiguous || !isPlain, last: isAmbiguous }
  }
  const [length = '0'] = lengths
  const isValid = /^\d{1,19}$/.test(length) && lengths.every((other) => other === length)
  return { framing: isValid ? Number(length) : 'refused', lenient: lengths.length > 1, last: false }
}

/** The elements of a comma-separated field; an empty field has an empty one. */
const list = (fields: Fields, name: string) =>
  (fields.get(name) ?? []).flatMap((value) => value.split(',').map(trim))

function closes(fields: Fields, version: string): boolean {
  const options = list(fields, 'connection').map((option) => option.toLowerCase())
  return options.includes('close') || (version < '1.1' && !options.includes('keep-alive'))
}
