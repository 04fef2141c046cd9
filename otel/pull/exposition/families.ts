// Groups the metrics of all scopes and processes into families, because an exposition may name each only once.
import type { Attributes } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { MetricData, MetricDescriptor, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import type { Log } from '../../../lib/log.ts'
import { createLabelWriter, type LabelWriter, scopeAttributes } from './labels.ts'
import { claimedNames, type FamilyName, familyName, type Naming } from './names.ts'

/** The collected metrics of one process. */
export type ProcessMetrics = {
  resource: Pick<Resource, 'attributes'>
  scopeMetrics: ScopeMetrics[]
  /** Exponential histograms of the same measurements. */
  nativeHistograms?: ScopeMetrics[] | undefined
}

/** The metrics of a process, and the attributes that each of its series gets as labels. */
export type LabelledMetrics = { metrics: ProcessMetrics; labels: Attributes }

export type Part = { metric: MetricData; labelsOf: LabelWriter }

/** `native` are exponential histograms of the same series as `parts`. */
export type Family = FamilyName & { help: string; parts: Part[]; native: Part[] }

export type FamilyOptions = { naming: Naming; scopeInfo: boolean; reservedNames: string[] }

/**
 * A metric whose name or type conflicts with another family is left out, and logged once. Which family had the name
 * first is remembered, because the order of scopes changes between collections.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function createFamilies({ naming, scopeInfo, reservedNames }: FamilyOptions, log: Log) {
  const owners = new Map<string, string>(reservedNames.map((name) => [name, 'info target']))
  const names = new WeakMap<MetricDescriptor, FamilyName | null>()
  const writers = new WeakMap<InstrumentationScope, { labelsOf: LabelWriter; labels: string }>()

  return function familiesOf(processes: LabelledMetrics[]): Iterable<Family> {
    const families = new Map<string, Family>()
    for (const { metrics, labels } of processes) {
      for (const [name, part] of partsOf(metrics.scopeMetrics, labels)) {
        const { description: help } = part.metric.descriptor
        const family = families.get(name.sample)
        if (family === undefined) families.set(name.sample, { ...name, help, parts: [part], native: [] })
        else {
          family.help ||= help
          family.unit ||= name.unit
          family.parts.push(part)
        }
      }
      for (const [name, part] of partsOf(metrics.nativeHistograms ?? [], labels))
        families.get(name.sample)?.native.push(part)
    }
    return families.values()
  }

  function* partsOf(scopes: ScopeMetrics[], labels: Attributes): Generator<[FamilyName, Part]> {
    for (const { scope, metrics } of scopes) {
      const labelsOf = writerOf(scope, labels)
      for (const metric of metrics) {
        const name = remember(names, metric.descriptor, () => claim(metric, scope))
        if (name !== null) yield [name, { metric, labelsOf }]
      }
    }
  }

  /** The labels of a process change once: when it starts its first worker. */
  function writerOf(scope: InstrumentationScope, labels: Attributes): LabelWriter {
    const text = JSON.stringify(labels)
    const known = writers.get(scope)
    if (known?.labels === text) return known.labelsOf
    const fixed = scopeInfo ? { ...labels, ...scopeAttributes(scope, naming) } : labels
    const labelsOf = createLabelWriter(naming, fixed)
    writers.set(scope, { labelsOf, labels: text })
    return labelsOf
  }

  function claim(metric: MetricData, scope: InstrumentationScope): FamilyName | null {
    const fields = { instrument: metric.descriptor.name, scope: scope.name }
    const name = familyName(metric, naming)
    if (name === undefined) {
      log.warn(fields, 'metric left out: no letter or digit in its name')
      return null
    }
    const owner = `${name.type} ${name.sample}`
    const claimed = claimedNames(name)
    const other = claimed
      .map((sample) => owners.get(sample))
      .find((known) => known !== undefined && known !== owner)
    if (other !== undefined) {
      log.warn({ ...fields, family: owner, other }, 'metric left out: another family has its name')
      return null
    }
    for (const sample of claimed) owners.set(sample, owner)
    return name
  }
}

function remember<K extends object, V>(cache: WeakMap<K, V>, key: K, make: () => V): V {
  let value = cache.get(key)
  if (value === undefined) {
    value = make()
    cache.set(key, value)
  }
  return value
}
