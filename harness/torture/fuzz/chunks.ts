// Reads chunked bodies strictly (RFC 9112, section 7.1).
import { readFields, splitLine } from './fields.ts'

const name = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const quoted = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"'
const extensions = new RegExp(`^(?:;${name}(?:=(?:${name}|${quoted}))?)*$`)

/** Not allowed in trailers (RFC 9110, section 6.5.1): they may be ignored, or refused. */
const framingFields = ['content-length', 'transfer-encoding', 'host', 'trailer']

export function readChunks(text: string, start: number) {
  let lenient = false
  for (let at = start; ; ) {
    const next = splitLine(text, at)
    if (!next) return 'incomplete'
    const [, digits, extension = ''] = /^([0-9a-fA-F]{1,16})([^\0\r\n]*)$/.exec(next.line) ?? []
    // A bare line feed here is how chunks are smuggled.
    if (digits === undefined || next.bare || !/^[ \t]*(;|$)/.test(extension)) return 'refused'
    if (!extensions.test(extension) || extension.length > 4_096) lenient = true
    const size = Number.parseInt(digits, 16)
    if (size === 0) {
      const trailers = readFields(text, next.end)
      if (typeof trailers === 'string') return trailers
      const mayBeRefused =
        trailers.end - next.end > 8 * 1024 || framingFields.some((name) => trailers.fields.has(name))
      return { end: trailers.end, lenient: lenient || trailers.lenient || mayBeRefused }
    }
    const end = next.end + size
    if (text.length < end + 2) return text.length > end && text[end] !== '\r' ? 'refused' : 'incomplete'
    if (!text.startsWith('\r\n', end)) return 'refused'
    at = end + 2
  }
}
