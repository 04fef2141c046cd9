// Compares a scrape with the catalogues: which families exist, and which labels occur together.
import { type AttributeSet, attributeSets } from '../../../harness/catalogue/ceiling.ts'
import { familyOf, labelOf } from '../../../harness/catalogue/families.ts'
import type { Scrape } from '../../../harness/telemetry/scrape.ts'
import type { Metric } from '../../../lib/metric.ts'
import { telemetryCatalogue } from '../../../otel/catalogue.ts'
import { catalogue } from '../../../src/metrics/catalogue.ts'

const metrics: Readonly<Record<string, Metric>> = { ...catalogue, ...telemetryCatalogue }
export const metricsByFamily: ReadonlyMap<string, Metric> = new Map(
  Object.entries(metrics).map(([name, metric]) => [familyOf(name, metric), metric]),
)

/** The series of a scrape that the catalogues do not allow, as family and labels. */
export function unexpectedSeries({ families }: Scrape): string[] {
  return [...families.values()]
    .filter(({ name }) => name !== 'target_info')
    .flatMap(({ name, samples }) => {
      const metric = metricsByFamily.get(name)
      const allowed = new Set(metric && attributeSets(metric).map(inLabels))
      const found = new Set(samples.map(({ labels }) => keyOf(variableLabels(labels, metric))))
      return [...found].filter((labels) => !allowed.has(labels)).map((labels) => `${name} ${labels}`)
    })
}

/** Removes the bucket bound, the scope, and attributes that have a single value per process. */
function variableLabels(labels: AttributeSet, metric: Metric | undefined): AttributeSet {
  const constant = Object.entries(metric?.attributes ?? {})
    .filter(([, values]) => values.length === 0)
    .map(([attribute]) => labelOf(attribute))
  const left = [...constant, 'le', 'otel_scope_name', 'otel_scope_version']
  return Object.fromEntries(Object.entries(labels).filter(([label]) => !left.includes(label)))
}

const inLabels = (attributes: AttributeSet) =>
  keyOf(Object.fromEntries(Object.entries(attributes).map(([key, value]) => [labelOf(key), value])))

const keyOf = (labels: AttributeSet) =>
  JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))))
