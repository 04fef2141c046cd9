// Groups the metrics of all scopes and processes into families, because an exposition may name each only once.
import { isDeepStrictEqual } from 'node:util'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { MetricData, MetricDescriptor, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { Log } from '../../../lib/log.ts'
import { createLabelWriter, type LabelWriter } from './labels.ts'
import { claimedNames, type FamilyName, familyName } from './names.ts'

/** The collected metrics of one process; `labels` are added to each of its series. */
export type ProcessMetrics = {
  resourceMetrics: Pick<ResourceMetrics, 'scopeMetrics'> & { resource: Pick<Resource, 'attributes'> }
  labels?: Record<string, string>
}

export type Family = FamilyName & { help: string; parts: { metric: MetricData; labelsOf: LabelWriter }[] }

/**
 * A metric whose name or type conflicts with another family is left out, and logged once. Which family had the name
 * first is remembered, because the order of scopes changes between collections.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function createFamilies(log: Log) {
  const owners = new Map<string, string>([
    ['target', 'info target'],
    ['target_info', 'info target'],
  ])
  const names = new WeakMap<MetricDescriptor, FamilyName | null>()
  const writers = new WeakMap<InstrumentationScope, { labelsOf: LabelWriter; labels: object }>()

  return function familiesOf(processes: ProcessMetrics[]): Iterable<Family> {
    const families = new Map<string, Family>()
    for (const { resourceMetrics, labels = {} } of processes) {
      for (const { scope, metrics } of resourceMetrics.scopeMetrics) {
        const labelsOf = writerOf(scope, labels)
        for (const metric of metrics) {
          const name = remember(names, metric.descriptor, () => claim(metric, scope))
          if (name === null) continue
          const family = families.get(name.base)
          if (family === undefined) {
            families.set(name.base, {
              ...name,
              help: metric.descriptor.description,
              parts: [{ metric, labelsOf }],
            })
          } else {
            family.help ||= metric.descriptor.description
            family.unit ||= name.unit
            family.parts.push({ metric, labelsOf })
          }
        }
      }
    }
    return families.values()
  }

  /** The labels of a process change once: when it starts its first worker. */
  function writerOf(scope: InstrumentationScope, labels: Record<string, string>): LabelWriter {
    const known = writers.get(scope)
    if (known && isDeepStrictEqual(known.labels, labels)) return known.labelsOf
    const labelsOf = createLabelWriter(scope, labels)
    writers.set(scope, { labelsOf, labels })
    return labelsOf
  }

  function claim(metric: MetricData, scope: InstrumentationScope): FamilyName | null {
    const fields = { instrument: metric.descriptor.name, scope: scope.name }
    const name = familyName(metric)
    if (name === undefined) {
      log.warn(fields, 'metric left out: no letter or digit in its name')
      return null
    }
    const owner = `${name.type} ${name.base}`
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
