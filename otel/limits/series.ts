// Limits the series of a metric. The SDK's own limit resets with each collection, and loses measurements of observables.
// https://opentelemetry.io/docs/specs/otel/metrics/sdk/#cardinality-limits
import { type DataPoint, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import { addExplicit, addExponential } from '../histograms/add.ts'

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
      return { ...metric, dataPoints: overflow(metric.dataPoints, limit, addExplicit) }
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
