// A reader that collects every histogram with exponential buckets.
import {
  type AggregationSelector,
  AggregationType,
  InstrumentType,
  MetricReader,
} from '@opentelemetry/sdk-metrics'

/** Its temporality is cumulative, the default of the SDK. */
export function createNativeReader(): MetricReader {
  return new NativeReader({ aggregationSelector })
}

const aggregationSelector: AggregationSelector = (type) => ({
  type: type === InstrumentType.HISTOGRAM ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DROP,
})

/** The SDK requires a subclass, even for a reader that has nothing to flush or close. */
class NativeReader extends MetricReader {
  protected async onForceFlush() {}
  protected async onShutdown() {}
}
