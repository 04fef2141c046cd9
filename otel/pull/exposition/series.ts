// Writes series as lines of text: a sample, or the buckets, count and sum of a histogram.
import type { DataPoint, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'
import type { Family } from './families.ts'
import type { Format } from './metadata.ts'
import { bucketsOf, toFixedBuckets, valueText } from './values.ts'

type Point = DataPoint<number | Histogram | ExponentialHistogram>

/**
 * Writes each series of a family once. Different attributes can become the same labels, and Prometheus accepts only one
 * value per series: the first is written, and `onDuplicate` is called with the labels of the others.
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
 * Writes no sum if it can decrease, because it is not a counter then. OpenMetrics forbids the count without the sum.
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
