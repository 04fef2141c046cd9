// The keys of the Prometheus exporter, three of which have other names in file_format 1.0.
// https://github.com/open-telemetry/opentelemetry-configuration/blob/main/CHANGELOG.md#v110---2026-06-05
import { boolean, integer, list, mapping, notNull, oneOf, type Shape, text } from './shape.ts'

export const formats = ['1.0', '1.1'] as const
export type Format = (typeof formats)[number]

export const patterns = mapping({ included: list(notNull(text)), excluded: list(notNull(text)) })

const common = {
  host: text,
  port: integer,
  translation_strategy: oneOf(
    'underscore_escaping_with_suffixes',
    'underscore_escaping_without_suffixes/development',
    'no_utf8_escaping_with_suffixes/development',
    'no_translation/development',
  ),
}

const keys: Record<Format, Record<string, Shape>> = {
  '1.0': {
    ...common,
    without_scope_info: opposite(boolean),
    'without_target_info/development': opposite(boolean),
    with_resource_constant_labels: patterns,
  },
  '1.1': {
    ...common,
    scope_info_enabled: boolean,
    'target_info_enabled/development': boolean,
    resource_constant_labels: patterns,
  },
}

/** By the name in 1.0. */
const renamed: Readonly<Record<string, string>> = {
  without_scope_info: 'scope_info_enabled',
  'without_target_info/development': 'target_info_enabled/development',
  with_resource_constant_labels: 'resource_constant_labels',
}

/** Accepts the keys of this format only, and returns those of 1.1. */
export function prometheusKeys(format: Format): Shape {
  const shape = mapping(keys[format], { advice: adviceFor(format) })
  return (node, place) => {
    const located = shape(node, place)
    return (
      located && Object.fromEntries(Object.entries(located).map(([key, part]) => [renamed[key] ?? key, part]))
    )
  }
}

/** What to use instead of the keys of the other format. */
function adviceFor(format: Format): Record<string, string> {
  const entries = Object.entries(renamed).map(([before, after]) => {
    const [other, right] = format === '1.0' ? [after, before] : [before, after]
    const opposite = before.startsWith('without') ? ', which has the opposite meaning' : ''
    return [other, `is not a key of file_format ${format}; use ${right}${opposite}`]
  })
  return Object.fromEntries(entries)
}

function opposite(shape: Shape): Shape {
  return (node, place) => {
    const setting = shape(node, place)
    return setting && { ...setting, value: !node }
  }
}
