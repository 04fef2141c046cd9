// One series as lines of text: a sample, or a histogram's buckets, count and sum.
import type { DataPoint, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'
import { bucketsOf, toFixedBuckets } from './buckets.ts'
import type { Family } from './families.ts'
import type { Format } from './metadata.ts'
import { valueText } from './numbers.ts'

type Point = DataPoint<number | Histogram | ExponentialHistogram>

/**
 * Writes each series of a family once. Two sets of attributes can come out as the same labels, and Prometheus takes one
 * value for a series: the first stays, `onDuplicate` hears of the others.
 */
export function* seriesOf(family: Family, format: Format, onDuplicate: (labels: string) => void) {
  const seen = new Set<string>()
  for (const { metric, labelsOf } of family.parts) {
    const points: Point[] = metric.dataPoints
    for (const { attributes, value } of points) {
      const labels = labelsOf(attributes)
      if (seen.has(labels)) {
        onDuplicate(labels)
        continue
      }
      seen.add(labels)
      if (typeof value === 'number') yield `${named(family.sample, labels)} ${valueText(value)}\n`
      else yield histogramText(family.base, labels, 'scale' in value ? toFixedBuckets(value) : value, format)
    }
  }
}

/**
 * A sum that can go down is no counter, so it is left out; then OpenMetrics wants no count either.
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#histogram-1
 */
function histogramText(name: string, labels: string, value: Histogram, format: Format): string {
  const { boundaries, counts } = value.buckets
  const start = labels ? `${name}_bucket{${labels},` : `${name}_bucket{`
  let text = ''
  let total = 0
  let index = 0
  for (const bucket of bucketsOf(boundaries)) {
    while (index <= bucket.upTo) total += counts[index++] ?? 0
    text += `${start}${bucket.label}} ${total}\n`
  }
  const hasSum = value.sum !== undefined && (boundaries[0] ?? 0) >= 0
  if (hasSum || format === 'text') text += `${named(`${name}_count`, labels)} ${value.count}\n`
  if (hasSum) text += `${named(`${name}_sum`, labels)} ${valueText(value.sum ?? 0)}\n`
  return text
}

function named(name: string, labels: string): string {
  return labels ? `${name}{${labels}}` : name
}
