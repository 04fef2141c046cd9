// Attributes → label text, legal in both formats whatever the attributes are.
import type { Attributes } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'

const HISTOGRAM_LABELS = ['le', 'quantile']

/** Gives `a="b",c="d"` for one set of attributes, without braces. */
export type LabelWriter = (attributes: Attributes) => string

/**
 * Writes the labels of one scope's series: their attributes, then the scope's name and version, then `extra`. Texts are
 * kept per attributes object, which the SDK keeps per series, so that a scrape of a known series escapes nothing.
 */
export function createLabelWriter(scope: InstrumentationScope, extra: Record<string, string>): LabelWriter {
  const fixed = { otel_scope_name: scope.name, otel_scope_version: scope.version ?? '', ...extra }
  const taken = new Set([...HISTOGRAM_LABELS, ...Object.keys(fixed), 'otel_scope_schema_url'])
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
 * Writes attributes in the order of their keys. Keys that come out the same share a label, their values joined with
 * `;`. A label that is `taken` gets Prometheus's own prefix for that case, `exported_`. Empty values are left out:
 * to Prometheus they are the same as none.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
 */
export function attributeLabels(
  attributes: Attributes,
  taken: ReadonlySet<string> = new Set(HISTOGRAM_LABELS),
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

/** Names that begin with `_` are reserved in OpenMetrics; `key_` is what Prometheus's own translation puts there. */
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

const ESCAPES: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/** Escapes what both formats ask for in label values, and in OpenMetrics also in help; lone surrogates become U+FFFD. */
export function escapeLabelValue(value: string): string {
  return value.toWellFormed().replace(/[\\"\n]/g, (character) => ESCAPES[character] ?? character)
}
