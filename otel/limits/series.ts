// Limits the series of a metric. The SDK's own limit resets with each collection, and loses measurements of observables.
// https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits
import {
  type DataPoint,
  DataPointType,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import { addBuckets, commonScale, reduceScale } from './scale.ts'

/**
 * Keeps the first `limit - 1` series and merges the others into one, with the attribute `otel.metric.overflow`. The SDK
 * lists cumulative series in the order of their first measurement, so these are the same in each collection.
 */
export function limitSeries(metric: MetricData, limit: number): MetricData {
  switch (metric.dataPointType) {
    case DataPointType.SUM:
      return { ...metric, dataPoints: overflow(metric.dataPoints, limit, (one, other) => one + other) }
    case DataPointType.GAUGE:
      return { ...metric, dataPoints: overflow(metric.dataPoints, limit, (_, latest) => latest) }
    case DataPointType.HISTOGRAM:
      return { ...metric, dataPoints: overflow(metric.dataPoints, limit, addHistograms) }
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return { ...metric, dataPoints: overflow(metric.dataPoints, limit, addExponential) }
  }
}

function overflow<Value>(
  points: DataPoint<Value>[],
  limit: number,
  merge: (one: Value, other: Value) => Value,
): DataPoint<Value>[] {
  const [first, ...others] = points.slice(limit - 1)
  if (!first) return points
  const value = others.reduce((merged, point) => merge(merged, point.value), first.value)
  return [...points.slice(0, limit - 1), { ...first, attributes: { 'otel.metric.overflow': true }, value }]
}

function addHistograms(one: Histogram, other: Histogram): Histogram {
  const { boundaries, counts } = one.buckets
  const added = counts.map((count, i) => count + (other.buckets.counts[i] ?? 0))
  return { ...addTotals(one, other), buckets: { boundaries, counts: added } }
}

function addExponential(one: ExponentialHistogram, other: ExponentialHistogram): ExponentialHistogram {
  const scale = commonScale(one, other)
  const [a, b] = [reduceScale(one, scale), reduceScale(other, scale)]
  return {
    ...addTotals(one, other),
    scale,
    zeroCount: one.zeroCount + other.zeroCount,
    positive: addBuckets(a.positive, b.positive),
    negative: addBuckets(a.negative, b.negative),
  }
}

type Totals = Pick<Histogram, 'count' | 'sum' | 'min' | 'max'>

function addTotals(one: Totals, other: Totals): Totals {
  return {
    count: one.count + other.count,
    sum: combine(one.sum, other.sum, (a, b) => a + b),
    min: combine(one.min, other.min, Math.min),
    max: combine(one.max, other.max, Math.max),
  }
}

/** A value is undefined if it is not recorded. */
function combine(a: number | undefined, b: number | undefined, how: (a: number, b: number) => number) {
  return a === undefined || b === undefined ? undefined : how(a, b)
}
