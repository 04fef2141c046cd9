// Names in the escaping that a scrape requests, and quoted where text formats need it.
import type { Escaping } from './formats.ts'

export type NameKind = 'metric' | 'label'

const legacy: Record<NameKind, RegExp> = {
  metric: /^[a-zA-Z_:][a-zA-Z0-9_:]*$/,
  label: /^[a-zA-Z_][a-zA-Z0-9_]*$/,
}

/** Whether the text formats accept the name without quotes. */
export const isLegacyName = (name: string, kind: NameKind): boolean => legacy[kind].test(name)

/**
 * Follows Prometheus's Go library where the specification leaves details open: `dots` also escapes names that are legal,
 * and hexadecimal digits are in lower case. The name must be well-formed Unicode.
 * @see https://prometheus.io/docs/instrumenting/escaping_schemes/
 */
export function escapeName(name: string, escaping: Escaping, kind: NameKind): string {
  if (escaping === 'allow-utf-8') return name
  if (escaping !== 'dots' && isLegacyName(name, kind)) return name
  const characters = Array.from(name, (character, index) => {
    if (escaping !== 'underscores' && character === '_') return '__'
    if (escaping === 'dots' && character === '.') return '_dot_'
    // Only the first character cannot be a digit.
    if (isLegacyName(index === 0 ? character : `_${character}`, kind)) return character
    if (escaping === 'values') return `_${character.codePointAt(0)?.toString(16)}_`
    return escaping === 'dots' ? '__' : '_'
  })
  return `${escaping === 'values' ? 'U__' : ''}${characters.join('')}`
}

const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/** Escapes the text between two quotes. Lone surrogates become U+FFFD. */
export function escapeQuoted(text: string): string {
  return text.toWellFormed().replace(/[\\"\n]/g, (character) => escapes[character] ?? character)
}

/** The name as text formats write it: in quotes if it has other characters than legal ones. */
export function quoteName(name: string, kind: NameKind): string {
  return isLegacyName(name, kind) ? name : `"${escapeQuoted(name)}"`
}
