// Turns any attributes into labels that are valid in both formats.
import type { Attributes } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'

const histogramLabels = ['le', 'quantile']

/** Returns `a="b",c="d"`, without braces. */
export type LabelWriter = (attributes: Attributes) => string

/**
 * Writes the labels of a scope's series: attributes, then the scope's name and version, then `extra`. Texts are cached
 * per attributes object, which the SDK keeps per series, so that a series is escaped only in its first scrape.
 */
export function createLabelWriter(scope: InstrumentationScope, extra: Record<string, string>): LabelWriter {
  const fixed = { otel_scope_name: scope.name, otel_scope_version: scope.version ?? '', ...extra }
  const taken = new Set([...histogramLabels, ...Object.keys(fixed), 'otel_scope_schema_url'])
  const fixedText = joinLabels(Object.entries(fixed))
  const texts = new WeakMap<Attributes, string>()
  return (attributes) => {
    let text = texts.get(attributes)
    if (text === undefined) {
      const own = attributeLabels(attributes, taken)
      text = own && fixedText ? `${own},${fixedText}` : own + fixedText
      texts.set(attributes, text)
    }
    return text
  }
}

/**
 * Writes attributes in the order of their keys. The values of keys that become the same label are joined with `;`. A
 * `taken` label gets the prefix `exported_`, as in Prometheus. Empty values are left out, because Prometheus treats them
 * as missing.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
 */
export function attributeLabels(
  attributes: Attributes,
  taken: ReadonlySet<string> = new Set(histogramLabels),
): string {
  const labels = new Map<string, string>()
  for (const key of Object.keys(attributes).sort()) {
    const name = labelName(key)
    const label = taken.has(name) ? `exported_${name}` : name
    const value = valueText(attributes[key])
    const other = labels.get(label)
    labels.set(label, other === undefined ? value : `${other};${value}`)
  }
  return joinLabels(labels)
}

/** Adds the prefix `key`, as Prometheus does, to names with a leading `_`, which OpenMetrics reserves, or digit. */
function labelName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9]+/g, '_')
  if (/^[a-zA-Z]/.test(name)) return name
  return name.startsWith('_') ? `key${name}` : `key_${name}`
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function joinLabels(labels: Iterable<[string, string]>): string {
  return Array.from(labels)
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `${label}="${escapeLabelValue(value)}"`)
    .join(',')
}

const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/** Escapes a label value, or a help text of OpenMetrics. Lone surrogates become U+FFFD. */
export function escapeLabelValue(value: string): string {
  return value.toWellFormed().replace(/[\\"\n]/g, (character) => escapes[character] ?? character)
}
