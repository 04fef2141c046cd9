// The names in Prometheus of the metrics in the catalogue.
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import type { Metric } from '../../lib/metric.ts'
import { defaultNaming, familyName } from '../../otel/pull/exposition/names.ts'

/** Returns the name of a metric at the pull endpoint. @throws {Error} for a name without a letter or digit */
export function familyOf(name: string, { kind, unit, description }: Metric): string {
  const family = familyName(collected(kind, { name, unit, description }), defaultNaming)
  if (!family) throw new Error(`${name} cannot be named in Prometheus.`)
  return family.sample
}

/** Returns the label for an attribute. */
export const labelOf = (attribute: string): string => attribute.replaceAll('.', '_')

/** Builds a metric of this kind as an exporter receives it, without data points. */
function collected(
  kind: Metric['kind'],
  descriptor: Omit<MetricData['descriptor'], 'valueType'>,
): MetricData {
  const common = {
    descriptor: { ...descriptor, valueType: 1 },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints: [],
  }
  switch (kind) {
    case 'histogram':
      return { ...common, dataPointType: DataPointType.HISTOGRAM }
    case 'gauge':
      return { ...common, dataPointType: DataPointType.GAUGE }
    default:
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: kind === 'counter' }
  }
}
