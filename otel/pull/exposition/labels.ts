// Turns any attributes into labels that are valid in every format.
import type { Attributes } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import { escapeName, escapeQuoted, quoteName } from './escaping.ts'
import { keepsUtf8, type Naming } from './names.ts'

/** Names that Prometheus reserves for itself. */
const reserved = new Set(['le', 'quantile', '__name__'])

/** Labels as names and values, and as text: `a="b",c="d"`. `bytes` is for the protobuf writer, which caches them. */
export type Labels = { pairs: [name: string, value: string][]; text: string; bytes?: Buffer }

export type LabelWriter = (attributes: Attributes) => Labels

type Entry = { key: string; label: string; value: string }

/**
 * Returns the labels of series: attributes in the order of their keys, then `fixed` ones. They are cached per attributes
 * object, which the SDK keeps per series, so that a series is escaped only in its first scrape.
 */
export function createLabelWriter(naming: Naming, fixed: Attributes = {}): LabelWriter {
  const fixedEntries = entriesOf(fixed, naming)
  const known = new WeakMap<Attributes, Labels>()
  return (attributes) => {
    let labels = known.get(attributes)
    if (labels === undefined) {
      const own = entriesOf(attributes, naming).sort(byKey)
      labels = toLabels(joinValues([...own, ...fixedEntries]))
      known.set(attributes, labels)
    }
    return labels
  }
}

/**
 * The scope of a series as attributes. An attribute of the scope never replaces its name, version or schema URL.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#instrumentation-scope-1
 */
export function scopeAttributes(
  scope: InstrumentationScope & { attributes?: Attributes },
  naming: Naming,
): Attributes {
  const own = {
    otel_scope_name: scope.name,
    otel_scope_version: scope.version,
    otel_scope_schema_url: scope.schemaUrl,
  }
  const taken = new Set(Object.keys(own).map((key) => labelName(key, naming)))
  const others = Object.entries(scope.attributes ?? {})
    .map(([key, value]) => [`otel_scope_${key}`, value] as const)
    .filter(([key]) => !taken.has(labelName(key, naming)))
  return { ...Object.fromEntries(others), ...own }
}

function entriesOf(attributes: Attributes, naming: Naming): Entry[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    label: labelName(key, naming),
    value: valueText(value),
  }))
}

/** A reserved name gets the prefix `exported_`, as in Prometheus. */
function labelName(key: string, { strategy, escaping }: Naming): string {
  const name = keepsUtf8(strategy) ? key.toWellFormed() || 'key_' : translate(key)
  const label = escapeName(name, escaping, 'label')
  return reserved.has(label) ? `exported_${label}` : label
}

/** Adds the prefix `key`, as Prometheus does, to names with a leading `_`, which OpenMetrics reserves, or digit. */
function translate(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9]+/g, '_')
  if (/^[a-zA-Z]/.test(name)) return name
  return name.startsWith('_') ? `key${name}` : `key_${name}`
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * Joins the values of keys that become the same label with `;`, in the order of the keys.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-attributes
 */
function joinValues(entries: Entry[]): Map<string, string> {
  const join = (list: Entry[]) => {
    const labels = new Map<string, string>()
    for (const { label, value } of list) {
      const other = labels.get(label)
      labels.set(label, other === undefined ? value : `${other};${value}`)
    }
    return labels
  }
  const labels = join(entries)
  return labels.size === entries.length ? labels : join(entries.sort(byKey))
}

const byKey = (a: Entry, b: Entry) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

/** Empty values are left out, because Prometheus treats them as missing. */
function toLabels(labels: Map<string, string>): Labels {
  const pairs = Array.from(labels).filter(([, value]) => value !== '')
  const text = pairs.map(([name, value]) => `${quoteName(name, 'label')}="${escapeQuoted(value)}"`).join(',')
  return { pairs, text }
}
