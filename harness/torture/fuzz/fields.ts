// Reads lines and fields strictly (RFC 9112, sections 2.2 and 5).

/** Fields by lower-case name, in the order of the values. */
export type Fields = ReadonlyMap<string, readonly string[]>
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const fieldLine = new RegExp(`^(${token}):[ \\t]*([^]*?)[ \\t]*$`)

/** A line without its end; `bare` if that is a line feed alone, which a recipient may tolerate (section 2.2). */
export function splitLine(text: string, start: number) {
  const feed = text.indexOf('\n', start)
  if (feed < 0) return undefined
  const bare = text[feed - 1] !== '\r' || feed === start
  return { line: text.slice(start, bare ? feed : feed - 1), end: feed + 1, bare }
}

/** Reads fields up to the empty line, of a head or a trailer. */
export function readFields(text: string, start: number) {
  const fields = new Map<string, string[]>()
  let lenient = false
  let count = 0
  let last: string[] | undefined
  for (let at = start; ; ) {
    const next = splitLine(text, at)
    if (!next) return 'incomplete'
    at = next.end
    lenient ||= next.bare
    if (next.line === '') return { fields, lenient, end: at, count }
    count++
    // RFC 9112, section 5.2: an obsolete line fold may be refused, or replaced by a space.
    if (/^[ \t]/.test(next.line)) {
      if (!last) return 'refused'
      lenient = true
      last.push(trim(`${last.pop()} ${trim(next.line)}`))
      continue
    }
    const [, name, value = ''] = fieldLine.exec(next.line) ?? []
    if (name === undefined || value.includes('\0')) return 'refused'
    // RFC 9110, section 5.5: other control characters are invalid, but may be kept; so may a CR (RFC 9112, 2.2).
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) lenient = true
    last = fields.get(name.toLowerCase()) ?? []
    last.push(value)
    fields.set(name.toLowerCase(), last)
  }
}

/** JavaScript's trim also removes bytes that are no white space in HTTP, such as 0xA0. */
export const trim = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '')
