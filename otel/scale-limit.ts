// Limits the scale of exponential histograms, for `max_scale` of a view. The SDK has no such option: it starts at scale 20
// and reduces the scale only when there are more buckets than `max_size`.
import {
  DataPointType,
  type ExponentialHistogram,
  type MetricData,
  type MetricReader,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { createMatcher } from './config/patterns.ts'
import type { ViewConfig } from './config/types.ts'

type Buckets = ExponentialHistogram['positive']

/** Changes what a reader collects. Call it before the meter provider gets the reader. */
export function limitScales(reader: MetricReader, views: readonly ViewConfig[]): void {
  const limits = views.flatMap(({ maxScale, ...view }) =>
    maxScale === undefined ? [] : [{ maxScale, selects: createSelector(view) }],
  )
  if (limits.length === 0) return
  const limit = (scope: ScopeMetrics['scope'], metric: MetricData): MetricData => {
    if (metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM) return metric
    const scales = limits.filter(({ selects }) => selects(scope, metric)).map(({ maxScale }) => maxScale)
    const reduce = (value: ExponentialHistogram) => reduceScale(value, Math.min(...scales))
    return {
      ...metric,
      dataPoints: metric.dataPoints.map((point) => ({ ...point, value: reduce(point.value) })),
    }
  }
  const setMetricProducer = reader.setMetricProducer.bind(reader)
  reader.setMetricProducer = (producer) =>
    setMetricProducer({
      async collect(options) {
        const { errors, resourceMetrics } = await producer.collect(options)
        const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
          scope,
          metrics: metrics.map((metric) => limit(scope, metric)),
        }))
        return { errors, resourceMetrics: { ...resourceMetrics, scopeMetrics } }
      },
    })
}

/** Whether a view made a metric. The type of its instrument does not matter: practically all are histograms. */
function createSelector(view: Omit<ViewConfig, 'maxScale'>) {
  const isNamed = createMatcher({ included: [view.name ?? view.instrumentName ?? '*'], excluded: [] })
  const isEqual = (wanted: string | undefined, value: string | undefined) =>
    wanted === undefined || wanted === (value ?? '')
  return (scope: ScopeMetrics['scope'], { descriptor }: MetricData) =>
    isNamed(descriptor.name) &&
    isEqual(view.instrumentUnit, descriptor.unit) &&
    isEqual(view.meterName, scope.name) &&
    isEqual(view.meterVersion, scope.version) &&
    isEqual(view.meterSchemaUrl, scope.schemaUrl)
}

/**
 * Merges buckets until the scale is at most this one; each step halves their number.
 *
 * @see https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-scale
 */
function reduceScale(histogram: ExponentialHistogram, maxScale: number): ExponentialHistogram {
  const steps = histogram.scale - maxScale
  if (steps <= 0) return histogram
  const { positive, negative } = histogram
  return {
    ...histogram,
    scale: maxScale,
    positive: mergeBuckets(positive, steps),
    negative: mergeBuckets(negative, steps),
  }
}

function mergeBuckets({ offset, bucketCounts }: Buckets, steps: number): Buckets {
  const first = offset >> steps
  const merged: number[] = []
  bucketCounts.forEach((count, i) => {
    const index = ((offset + i) >> steps) - first
    merged[index] = (merged[index] ?? 0) + count
  })
  return { offset: first, bucketCounts: merged }
}
