// The series of a family, each once: series that become the same are merged.
import type { HrTime } from '@opentelemetry/api'
import {
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import { addExponential } from '../../histograms/add.ts'
import type { Family } from './families.ts'
import type { Labels } from './labels.ts'
import { addHistograms, isExponential } from './merge.ts'

export type Series = {
  labels: Labels
  value: number | Histogram | ExponentialHistogram
  startTime: HrTime
  /** The same measurements in exponential buckets. */
  native?: ExponentialHistogram | undefined
}

type Point = DataPoint<Series['value']>

/** Yields between the series, so that the caller can let other work run. */
export function* seriesOf(family: Family): Generator<undefined, Series[]> {
  const all = new Map<string, Series>()
  for (const { metric, labelsOf } of family.parts) {
    for (const { attributes, value, startTime } of pointsOf(metric)) {
      const labels = labelsOf(attributes)
      const other = all.get(labels.text)
      const series = { labels, value, startTime }
      all.set(labels.text, other === undefined ? series : merge(other, series, metric))
      yield
    }
  }
  for (const { metric, labelsOf } of family.native) {
    for (const { attributes, value } of pointsOf(metric)) {
      const series = all.get(labelsOf(attributes).text)
      if (series === undefined || typeof value === 'number' || !isExponential(value)) continue
      series.native = series.native ? addExponential(series.native, value) : value
      yield
    }
  }
  return Array.from(all.values())
}

const pointsOf = (metric: MetricData): Point[] => metric.dataPoints

/** Adds sums and histograms. Of gauges, the series that began last counts. */
function merge(a: Series, b: Series, { dataPointType }: MetricData): Series {
  const [first, last] = isLater(a.startTime, b.startTime) ? [b, a] : [a, b]
  if (typeof a.value === 'number' && typeof b.value === 'number')
    return dataPointType === DataPointType.GAUGE ? last : { ...first, value: a.value + b.value }
  if (typeof a.value === 'number' || typeof b.value === 'number') return a
  return { ...first, value: addHistograms(a.value, b.value) }
}

const isLater = (a: HrTime, b: HrTime) => a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])
