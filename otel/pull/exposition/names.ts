// Turns the names and units of instruments into the names of metric families.
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import { defaultPullOptions, type TranslationStrategy } from '../../config/types.ts'
import { escapeName } from './escaping.ts'
import type { Escaping } from './formats.ts'
import { unitSuffixes } from './units.ts'

export type FamilyType = 'counter' | 'gauge' | 'histogram'

/** How names are made: first translated, then escaped. */
export type Naming = { strategy: TranslationStrategy; escaping: Escaping }

/** Of a scrape that requests no escaping, if nothing else is configured. */
export const defaultNaming: Naming = {
  strategy: defaultPullOptions.translationStrategy,
  escaping: 'underscores',
}

/**
 * `sample` names the samples (of a histogram, with suffixes). `base` is the name of the family in OpenMetrics, which adds
 * `_total` to the samples of a counter. `unit` is a suffix of `base`, or empty.
 */
export type FamilyName = { type: FamilyType; sample: string; base: string; unit: string }

/** Names the family of a metric; undefined if nothing is left of the name. */
export function familyName(metric: MetricData, { strategy, escaping }: Naming): FamilyName | undefined {
  const type = familyType(metric)
  const translated = translate(metric, type, strategy)
  if (translated === undefined) return undefined
  const sample = escapeName(translated.name, escaping, 'metric')
  const base = type === 'counter' ? sample.replace(/(?<=.)_total$/s, '') : sample
  // OpenMetrics allows a `# UNIT` line only if the name ends with the unit.
  const unit = base.endsWith(`_${translated.unit}`) ? translated.unit : ''
  return { type, sample, base, unit }
}

/** Whether label and metric names keep all characters. */
export const keepsUtf8 = (strategy: TranslationStrategy): boolean => strategy.startsWith('no_')

/**
 * OpenMetrics requires the samples of a counter to end with `_total`.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#counter-1
 */
export function openMetricsType({ type, sample, base }: FamilyName): FamilyType | 'unknown' {
  return type === 'counter' && sample === base ? 'unknown' : type
}

/**
 * All names that a family may use in any format. No other family may use one of them.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#suffixes
 */
export function claimedNames({ type, sample, base }: FamilyName): string[] {
  if (type === 'gauge' || (type === 'counter' && sample === base)) return [base]
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

/**
 * Applies the translation strategy. Without UTF-8, colons become `_` too, because they are reserved for recording rules.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
function translate(metric: MetricData, type: FamilyType, strategy: TranslationStrategy) {
  const isUtf8 = keepsUtf8(strategy)
  let name = isUtf8 ? metric.descriptor.name.toWellFormed() : wordsOf(metric.descriptor.name)
  if (name === '') return undefined
  const { main, per } = unitOf(metric)
  if (strategy.endsWith('_with_suffixes')) {
    if (type === 'counter') name = name.replace(/(?<=.)[^a-zA-Z0-9]total$/s, '')
    if (main && !`_${wordsOf(name)}_`.includes(`_${main}_`)) name += `_${main}`
    if (per && !`_${wordsOf(name)}`.endsWith(`_${per}`)) name += `_${per}`
    if (type === 'counter') name += '_total'
  }
  if (!isUtf8 && /^[0-9]/.test(name)) name = `_${name}`
  return { name, unit: [main, per].filter((part) => part !== '').join('_') }
}

function unitOf({ descriptor: { unit }, dataPointType }: MetricData) {
  if (unit === '1' && dataPointType === DataPointType.GAUGE) return { main: 'ratio', per: '' }
  return unitSuffixes(unit)
}

/** The ASCII letters and digits of a name, with `_` between them. */
function wordsOf(name: string): string {
  return name
    .split(/[^a-zA-Z0-9]+/)
    .filter((word) => word !== '')
    .join('_')
}
