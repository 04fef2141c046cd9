// Which families the metrics of the catalogue become in Prometheus.
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import type { Metric } from '../../lib/metric.ts'
import { familyName } from '../../otel/pull/exposition/names.ts'

/** The family of a metric as the pull endpoint names it. @throws {Error} for a name without a letter or digit */
export function familyOf(name: string, { kind, unit, description }: Metric): string {
  const family = familyName(collected(kind, { name, unit, description }))
  if (!family) throw new Error(`${name} cannot be named in Prometheus.`)
  return family.sample
}

/** The label of an attribute. */
export const labelOf = (attribute: string): string => attribute.replaceAll('.', '_')

/** A metric of this kind as an exporter is given it, without a point. */
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
