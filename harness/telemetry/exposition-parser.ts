// Reads a page of the Prometheus text format 0.0.4 or of OpenMetrics 1.0 as strictly as their specifications allow.
// https://prometheus.io/docs/instrumenting/exposition_formats/
// https://prometheus.io/docs/specs/om/open_metrics_spec/
import { checkFamily } from './exposition-rules.ts'

export type Format = 'text' | 'openmetrics'
export type Sample = { name: string; labels: Record<string, string>; value: number }
export type Family = { name: string; type: string; help?: string; unit?: string; samples: Sample[] }

/** Gives the families of a page by name; throws an Error that names the first line that breaks a rule. */
export function parseExposition(page: string, format: Format): Map<string, Family> {
  const lines = page.split('\n')
  if (lines.pop() !== '') throw new Error('the last line does not end')
  if (format === 'openmetrics' && lines.pop() !== '# EOF') throw new Error('# EOF is not the last line')

  const families = new Map<string, Family>()
  let current: Family | undefined
  for (const line of lines) {
    try {
      const name = familyOf(line, current, format)
      if (name !== current?.name) {
        if (families.has(name)) throw new Error(`family ${name} is in two places`)
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

const METADATA = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([^ ]+)$/s
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/sy
const SUFFIXES: Record<string, string[]> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  info: ['_info'],
}

function familyOf(line: string, current: Family | undefined, format: Format): string {
  if (line.startsWith('#')) {
    const name = METADATA.exec(line)?.[2]
    if (name === undefined) throw new Error('no metadata')
    return name
  }
  const name = /^[^ {]*/.exec(line)?.[0] ?? ''
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
    if (format === 'text') throw new Error('UNIT is not of this format')
    family.unit = text
  }
}

function parseSample(line: string): Sample {
  const [, name, labelText = '', number] = SAMPLE.exec(line) ?? []
  if (name === undefined || number === undefined) throw new Error('no sample')
  const labels: Record<string, string> = Object.create(null)
  LABEL.lastIndex = 0
  let end = 0
  while (end < labelText.length) {
    const [whole, label, value, comma] = LABEL.exec(labelText) ?? []
    if (whole === undefined || label === undefined || value === undefined) throw new Error('no label')
    if (label in labels) throw new Error(`label ${label} twice`)
    labels[label] = unescaped(value, /^/)
    end += whole.length
    if (comma === ',' && end === labelText.length) throw new Error('a comma at the end')
  }
  return { name, labels, value: parseNumber(number) }
}

const SPECIAL: Record<string, number> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
}

/** The canonical spellings only, though parsers take more. */
function parseNumber(text: string): number {
  const special = SPECIAL[text]
  if (special !== undefined) return special
  if (!/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text)) throw new Error(`${text} is no number`)
  return Number(text)
}

function unescaped(text: string, allowed: RegExp): string {
  if (!allowed.test(text)) throw new Error('a wrong escape')
  return text.replace(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character))
}
