// Records every histogram a second time, with exponential buckets, from which the pull endpoint makes native histograms.
import type { MeterProvider as ApiMeterProvider, Histogram, MetricOptions } from '@opentelemetry/api'
import {
  AggregationType,
  MeterProvider,
  type MetricReader,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import type { Pause } from './pause.ts'

type Scope = Parameters<ApiMeterProvider['getMeter']>

/** Makes a histogram record a second time. */
export type Duplicate = (
  histogram: Histogram,
  scope: Scope,
  name: string,
  options?: MetricOptions,
) => Histogram

/**
 * The second provider has nothing but histograms: with a second reader of the first one, each scrape would run the
 * callbacks of observable instruments twice, and a view with explicit buckets would apply to both.
 */
export function createNativeHistograms(
  readers: MetricReader[],
  views: readonly ViewOptions[],
  pause: Pause,
): { duplicate: Duplicate } {
  const provider = new MeterProvider({ readers, views: views.map(toNativeView) })
  return {
    duplicate(histogram, scope, name, options) {
      const classic = histogram.record.bind(histogram)
      const native = provider.getMeter(...scope).createHistogram(name, options)
      const record: Histogram['record'] = (...measurement) => {
        classic(...measurement)
        native.record(...measurement)
      }
      histogram.record = (value, attributes, context) => {
        if (!pause.isOn()) return record(value, attributes, context)
        // The caller may change its object before the pause ends.
        const copy = { ...attributes }
        pause.delay(() => record(value, copy, context))
      }
      return histogram
    },
  }
}

/** Views with other than classic buckets have no native ones, or are native already. */
function toNativeView({ aggregation, ...view }: ViewOptions): ViewOptions {
  const isClassic =
    aggregation === undefined ||
    aggregation.type === AggregationType.DEFAULT ||
    aggregation.type === AggregationType.EXPLICIT_BUCKET_HISTOGRAM
  return {
    ...view,
    aggregation: { type: isClassic ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DROP },
  }
}
