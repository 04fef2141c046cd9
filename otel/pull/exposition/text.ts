// Writes families as text: the Prometheus text formats 0.0.4 and 1.0.0, and OpenMetrics 1.0.0.
import type { Histogram } from '@opentelemetry/sdk-metrics'
import { escapeQuoted, isLegacyName, quoteName } from './escaping.ts'
import type { Family } from './families.ts'
import type { Format } from './formats.ts'
import type { Labels } from './labels.ts'
import { isExponential } from './merge.ts'
import { openMetricsType } from './names.ts'
import { type Series, seriesOf } from './series.ts'
import { bucketsOf, toFixedBuckets, valueText } from './values.ts'

/**
 * Writes families, and the info metric of the resource; yields between series, so that the caller can let other work run.
 *
 * Samples have no timestamp. There are no `_created` series: Prometheus would store them as series of their own, twice
 * as many for counters, although counters that start at 0 need none.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export const createTextWriter = (format: Format) => ({
  info: (name: string, help: string, labels: Labels[]) => infoText(name, help, labels, format),
  family: (family: Family) => familyText(family, format),
})

function* familyText(family: Family, format: Format): Generator<string | undefined> {
  const all = yield* seriesOf(family)
  const series = format === 'openmetrics' && family.type === 'counter' ? all.filter(isNumber) : all
  if (series.length === 0) return
  yield metadataText(family, format)
  if (family.type === 'histogram') {
    const write = histogramWriter(family.sample, format)
    for (const one of series) yield write(one)
  } else {
    const sample = sampleWriter(family.sample)
    for (const { labels, value } of series) yield sample(labels.text, valueText(Number(value)))
  }
}

/** OpenMetrics forbids a counter that is NaN: https://prometheus.io/docs/specs/om/open_metrics_spec/#counter */
const isNumber = ({ value }: Series) => !Number.isNaN(value)

/** OpenMetrics names the family; the text formats name its samples. Samples of an info metric end with `_info`. */
function infoText(name: string, help: string, labels: Labels[], format: Format): string {
  const sample = sampleWriter(name)
  const metadata =
    format === 'openmetrics'
      ? describe(name.replace(/_info$/, ''), 'info', help, format)
      : describe(name, 'gauge', help, format)
  return metadata + labels.map(({ text }) => sample(text, '1')).join('')
}

function metadataText(family: Family, format: Format): string {
  if (format !== 'openmetrics') return describe(family.sample, family.type, family.help, format)
  return describe(family.base, openMetricsType(family), family.help, format, family.unit)
}

function describe(name: string, type: string, help: string, format: Format, unit = ''): string {
  const quoted = quoteName(name, 'metric')
  // Only OpenMetrics escapes quotes in a help text.
  const escaped = format === 'openmetrics' ? escapeQuoted(help) : escapeHelp(help)
  const unitLine = unit ? `# UNIT ${quoted} ${unit}\n` : ''
  return `# TYPE ${quoted} ${type}\n${unitLine}# HELP ${quoted} ${escaped}\n`
}

function escapeHelp(help: string): string {
  return help.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** Writes the sample of a series. A name that needs quotes is written inside the braces. */
function sampleWriter(name: string): (labels: string, value: string) => string {
  if (isLegacyName(name, 'metric'))
    return (labels, value) => (labels ? `${name}{${labels}} ${value}\n` : `${name} ${value}\n`)
  const quoted = quoteName(name, 'metric')
  return (labels, value) => `{${labels ? `${quoted},${labels}` : quoted}} ${value}\n`
}

/**
 * Writes no sum if it can decrease, because it is not a counter then. OpenMetrics forbids the count without the sum.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram-1
 */
function histogramWriter(name: string, format: Format): (series: Series) => string {
  const bucket = `${name}_bucket`
  const open = isLegacyName(bucket, 'metric') ? `${bucket}{` : `{${quoteName(bucket, 'metric')},`
  const [countSample, sumSample] = [sampleWriter(`${name}_count`), sampleWriter(`${name}_sum`)]
  return ({ labels, value }) => {
    if (typeof value === 'number') return ''
    const { buckets, count, sum }: Histogram = isExponential(value) ? toFixedBuckets(value) : value
    const start = labels.text ? `${open}${labels.text},` : open
    let text = ''
    let total = 0
    let index = 0
    for (const { label, upTo } of bucketsOf(buckets.boundaries)) {
      while (index <= upTo) total += buckets.counts[index++] ?? 0
      text += `${start}${label}} ${total}\n`
    }
    const hasSum = sum !== undefined && (buckets.boundaries[0] ?? 0) >= 0
    if (hasSum || format !== 'openmetrics') text += countSample(labels.text, `${count}`)
    if (hasSum) text += sumSample(labels.text, valueText(sum))
    return text
  }
}
