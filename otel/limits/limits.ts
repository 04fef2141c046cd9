// Applies what the SDK lacks to everything that a reader collects: cardinality limits that hold across collections, and
// the maximum scale of exponential histograms.
import {
  DataPointType,
  type InstrumentType,
  type MetricData,
  type MetricReader,
  type ScopeMetrics,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import { createMatcher } from '../config/patterns.ts'
import type { CardinalityLimits, ViewConfig } from '../config/types.ts'
import { reduceScale } from '../histograms/scale.ts'
import { limitSeries } from './series.ts'

/** The limit of the specification, for types of instruments that a reader's limits do not name. */
const defaultSeriesLimit = 2_000

type Scope = ScopeMetrics['scope']

type LimitedReader = { reader: MetricReader; limits: CardinalityLimits | undefined }

/**
 * Changes the readers, and returns the views for the SDK. Call it before the meter provider gets them. Without any limit
 * nothing changes.
 */
export function applyLimits(readers: LimitedReader[], views: readonly ViewConfig[]): ViewOptions[] {
  const hasScale = views.some(({ maxScale }) => maxScale !== undefined)
  const hasSeries = [
    ...readers.map(({ limits }) => limits),
    ...views.map(({ seriesLimit }) => seriesLimit),
  ].some(Boolean)
  if (!hasScale && !hasSeries) return [...views]
  const selectors = views.map((view) => ({ view, selects: createSelector(view) }))
  for (const { reader, limits } of readers) {
    if (hasSeries) reader.selectCardinalityLimit = () => Number.POSITIVE_INFINITY
    changeMetrics(reader, (scope, metric) => {
      const selecting = selectors.filter(({ selects }) => selects(scope, metric)).map(({ view }) => view)
      const maxScale = selecting.find((view) => view.maxScale !== undefined)?.maxScale
      const scaled = maxScale === undefined ? metric : limitScale(metric, maxScale)
      if (!hasSeries) return scaled
      const ofReader = limits?.[typeOf(metric)] ?? limits?.default ?? defaultSeriesLimit
      return limitSeries(scaled, selecting.find((view) => view.seriesLimit)?.seriesLimit ?? ofReader)
    })
  }
  return hasSeries
    ? views.map((view) => ({ ...view, aggregationCardinalityLimit: Number.POSITIVE_INFINITY }))
    : [...views]
}

function changeMetrics(reader: MetricReader, change: (scope: Scope, metric: MetricData) => MetricData): void {
  const setMetricProducer = reader.setMetricProducer.bind(reader)
  reader.setMetricProducer = (producer) =>
    setMetricProducer({
      async collect(options) {
        const { errors, resourceMetrics } = await producer.collect(options)
        const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
          scope,
          metrics: metrics.map((metric) => change(scope, metric)),
        }))
        return { errors, resourceMetrics: { ...resourceMetrics, scopeMetrics } }
      },
    })
}

/** Whether a view made a metric. */
function createSelector(view: ViewConfig) {
  const isNamed = createMatcher({ included: [view.name ?? view.instrumentName ?? '*'], excluded: [] })
  const isEqual = (wanted: string | undefined, value: string | undefined) =>
    wanted === undefined || wanted === (value ?? '')
  return (scope: Scope, metric: MetricData) =>
    isNamed(metric.descriptor.name) &&
    isEqual(view.instrumentType, typeOf(metric)) &&
    isEqual(view.instrumentUnit, metric.descriptor.unit) &&
    isEqual(view.meterName, scope.name) &&
    isEqual(view.meterVersion, scope.version) &&
    isEqual(view.meterSchemaUrl, scope.schemaUrl)
}

/** The SDK's type of a descriptor hides the type of the instrument. */
function typeOf({ descriptor }: MetricData): InstrumentType {
  return (descriptor as typeof descriptor & { type: InstrumentType }).type
}

function limitScale(metric: MetricData, maxScale: number): MetricData {
  if (metric.dataPointType !== DataPointType.EXPONENTIAL_HISTOGRAM) return metric
  const dataPoints = metric.dataPoints.map((point) => ({
    ...point,
    value: reduceScale(point.value, maxScale),
  }))
  return { ...metric, dataPoints }
}
