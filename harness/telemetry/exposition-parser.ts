// Parses an exposition, Prometheus text format or OpenMetrics 1.0, as strictly as the specifications allow. Names may be
// quoted, as in text format 1.0.0.
// https://prometheus.io/docs/instrumenting/exposition_formats/
// https://prometheus.io/docs/specs/om/open_metrics_spec/
import { checkFamily, type Family, type Format, type Sample } from './exposition-rules.ts'

export type { Family, Format, Sample }

/** Returns the families by name. @throws {Error} that names the first line or family that breaks a rule */
export function parseExposition(text: string, format: Format): Map<string, Family> {
  const lines = text.split('\n')
  if (lines.pop() !== '') throw new Error('the last line has no line feed')
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('# EOF is not the last line')

  const families = new Map<string, Family>()
  let current: Family | undefined
  for (const line of lines) {
    try {
      const name = familyOf(line, current, format)
      if (name !== current?.name) {
        if (families.has(name)) throw new Error(`family ${name} is split`)
        current = { name, type: 'unknown', samples: [] }
        families.set(name, current)
      }
      if (line.startsWith('#')) addMetadata(current, line, format)
      else current.samples.push(parseSample(line))
    } catch (cause) {
      throw new Error(`${cause instanceof Error ? cause.message : cause} in the line: ${line}`, { cause })
    }
  }
  for (const family of families.values()) checkFamily(family, format)
  return families
}

const QUOTED = /"(?:[^"\\\n]|\\[\\"n])*"/.source
const METADATA = new RegExp(`^# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*|${QUOTED}) (.*)$`, 's')
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$/s
const QUOTED_SAMPLE = new RegExp(`^\\{(${QUOTED})(?:,(.*))?\\} ([^ ]+)$`, 's')
const LABEL = new RegExp(`([a-zA-Z_][a-zA-Z0-9_]*|${QUOTED})=(${QUOTED})(,|$)`, 'sy')
const SUFFIXES: Record<string, string[]> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  info: ['_info'],
}

function familyOf(line: string, current: Family | undefined, format: Format): string {
  if (line.startsWith('#')) {
    const name = METADATA.exec(line)?.[2]
    if (name === undefined) throw new Error('not a TYPE, HELP or UNIT')
    return unquoted(name)
  }
  const name = sampleParts(line)?.name ?? ''
  if (current === undefined) return name
  const suffixes = format === 'text' && current.type !== 'histogram' ? [''] : (SUFFIXES[current.type] ?? [''])
  return suffixes.some((suffix) => name === current.name + suffix) ? current.name : name
}

function addMetadata(family: Family, line: string, format: Format) {
  const [, keyword, , text = ''] = METADATA.exec(line) ?? []
  if (family.samples.length > 0) throw new Error('metadata after samples')
  if (keyword === 'TYPE') {
    if (family.type !== 'unknown') throw new Error('a second TYPE')
    family.type = text
  } else if (keyword === 'HELP') {
    if (family.help !== undefined) throw new Error('a second HELP')
    family.help = unescaped(text, format === 'text' ? /^(?:[^\\\n]|\\[\\n])*$/ : /^(?:[^\\"\n]|\\[\\"n])*$/)
  } else {
    if (format === 'text') throw new Error('the text format has no UNIT')
    family.unit = text
  }
}

function sampleParts(line: string) {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? QUOTED_SAMPLE.exec(line) ?? []
  return name === undefined || value === undefined ? undefined : { name: unquoted(name), labels, value }
}

function parseSample(line: string): Sample {
  const parts = sampleParts(line)
  if (parts === undefined) throw new Error('not a sample')
  const labels: Record<string, string> = Object.create(null)
  LABEL.lastIndex = 0
  let end = 0
  while (end < parts.labels.length) {
    const [whole, name, value, comma] = LABEL.exec(parts.labels) ?? []
    if (whole === undefined || name === undefined || value === undefined) throw new Error('not a label')
    const label = unquoted(name)
    if (label in labels) throw new Error(`label ${label} is repeated`)
    labels[label] = unquoted(value)
    end += whole.length
    if (comma === ',' && end === parts.labels.length) throw new Error('a comma at the end')
  }
  return { name: parts.name, labels, value: parseNumber(parts.value) }
}

const unquoted = (text: string) => (text.startsWith('"') ? unescaped(text.slice(1, -1), /^/) : text)

const SPECIAL: Record<string, number> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
}

/** Accepts only the canonical spellings; Prometheus accepts more. */
function parseNumber(text: string): number {
  const special = SPECIAL[text]
  if (special !== undefined) return special
  if (!/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text)) throw new Error(`${text} is not a number`)
  return Number(text)
}

function unescaped(text: string, allowed: RegExp): string {
  if (!allowed.test(text)) throw new Error('an invalid escape sequence')
  return text.replace(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character))
}
