// Turns the names and units of instruments into the names of metric families.
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'

export type FamilyType = 'counter' | 'gauge' | 'histogram'

/** `base` includes the unit but not `_total`; `unit` is a suffix of `base`, or empty; `sample` names the samples. */
export type FamilyName = { type: FamilyType; base: string; unit: string; sample: string }

/**
 * Names the family of a metric; undefined if the name has no ASCII letter or digit. Colons become `_` too, because
 * they are reserved for recording rules.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function familyName(metric: MetricData): FamilyName | undefined {
  const type = familyType(metric)
  const words = metric.descriptor.name.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '')
  if (type === 'counter' && words.length > 1 && words.at(-1) === 'total') words.pop()
  if (words.length === 0) return undefined

  const isRatio = metric.descriptor.unit === '1' && metric.dataPointType === DataPointType.GAUGE
  const { main, per } = isRatio ? { main: 'ratio', per: '' } : unitSuffixes(metric.descriptor.unit)
  let base = words.join('_')
  if (main && !`_${base}_`.includes(`_${main}_`)) base += `_${main}`
  if (per && !`_${base}`.endsWith(`_${per}`)) base += `_${per}`
  if (/^[0-9]/.test(base)) base = `_${base}`

  // OpenMetrics allows a `# UNIT` line only if the name ends with the unit.
  const unit = [main, per].filter((part) => part !== '').join('_')
  return {
    type,
    base,
    unit: base.endsWith(`_${unit}`) ? unit : '',
    sample: type === 'counter' ? `${base}_total` : base,
  }
}

/**
 * All names that a family may use in either format. No other family may use one of them.
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

const unitNames: Record<string, string> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  kBy: 'kilobytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tebibytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
  '1': '',
}

const perNames: Record<string, string> = {
  s: 'second',
  min: 'minute',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  wk: 'week',
  mo: 'month',
  y: 'year',
  a: 'year',
}

/** The snake_case names of a unit, or empty strings; `per` begins with `per_`. */
export type UnitNames = { main: string; per: string }

/**
 * Translates a UCUM unit: `s` → `seconds`, `By/s` → `bytes_per_second`. An annotation such as `{post}` is no unit. The
 * letters and digits of an unlisted unit are kept.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function unitSuffixes(unit: string): UnitNames {
  const [numerator = '', ...denominator] = unit.replace(/\{[^}]*\}/g, '').split('/')
  const main = translate(numerator.trim(), unitNames)
  const per = translate(denominator.join('/').trim(), perNames)
  return { main, per: per && `per_${per}` }
}

function translate(unit: string, names: Record<string, string>): string {
  // Own keys only, because a unit may be called `constructor`.
  const known = Object.hasOwn(names, unit) ? names[unit] : undefined
  return known ?? unit.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^_|_$/g, '')
}
