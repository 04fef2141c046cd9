// Instrument names → metric families, in the character set that every Prometheus reads.
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import { unitWords } from './units.ts'

export type FamilyType = 'counter' | 'gauge' | 'histogram'

/** `base` has the unit but no `_total`; `unit` is a suffix of it, or empty; `sample` names its plain samples. */
export type FamilyName = { type: FamilyType; base: string; unit: string; sample: string }

/**
 * Names the family that a metric belongs to; undefined when no letter or digit of its name can be kept.
 * Colons become `_` too: they are legal, but reserved for recording rules.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function familyName(metric: MetricData): FamilyName | undefined {
  const type = familyType(metric)
  const words = metric.descriptor.name.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '')
  if (type === 'counter' && words.length > 1 && words.at(-1) === 'total') words.pop()
  if (words.length === 0) return undefined

  const isRatio = metric.descriptor.unit === '1' && metric.dataPointType === DataPointType.GAUGE
  const { main, per } = isRatio ? { main: 'ratio', per: '' } : unitWords(metric.descriptor.unit)
  let base = words.join('_')
  if (main && !`_${base}_`.includes(`_${main}_`)) base += `_${main}`
  if (per && !`_${base}`.endsWith(`_${per}`)) base += `_${per}`
  if (/^[0-9]/.test(base)) base = `_${base}`

  // OpenMetrics has a unit line only for a unit that the name ends with.
  const unit = [main, per].filter((part) => part !== '').join('_')
  return {
    type,
    base,
    unit: base.endsWith(`_${unit}`) ? unit : '',
    sample: type === 'counter' ? `${base}_total` : base,
  }
}

/**
 * Every sample and family name that a family may use in either format: no other family may have one of them.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#suffixes
 */
export function claimedNames({ type, base }: FamilyName): string[] {
  if (type === 'gauge') return [base]
  const suffixes = type === 'counter' ? ['_total', '_created'] : ['_bucket', '_count', '_sum', '_created']
  return [base, ...suffixes.map((suffix) => base + suffix)]
}

function familyType(metric: MetricData): FamilyType {
  switch (metric.dataPointType) {
    case DataPointType.SUM:
      return metric.isMonotonic ? 'counter' : 'gauge'
    case DataPointType.GAUGE:
      return 'gauge'
    default:
      return 'histogram'
  }
}
