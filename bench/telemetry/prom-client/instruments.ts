// The instruments of the service's catalogue, made with prom-client.
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Metric } from '../../../lib/metric.ts'
import { unitWords } from '../../../otel/pull/exposition/units.ts'
import { catalogue, type MetricName } from '../../../src/metrics/catalogue.ts'

export const counter = (name: MetricName) => new Counter(options(name))

/** With one series, at 0, for each combination of its closed sets. */
export function counterFromZero(name: MetricName) {
  const made = counter(name)
  for (const labels of combinations(Object.entries(catalogue[name].attributes))) made.inc(labels, 0)
  return made
}

export function gauge(name: MetricName, collect?: (gauge: Gauge) => void) {
  return new Gauge({
    ...options(name),
    ...(collect && {
      collect() {
        collect(this)
      },
    }),
  })
}

export function histogram(name: MetricName) {
  const { boundaries }: Metric = catalogue[name]
  return new Histogram({ ...options(name), ...(boundaries && { buckets: boundaries }) })
}

function combinations(sets: [string, readonly (string | boolean)[] | string][]): Record<string, string>[] {
  const [first, ...rest] = sets
  if (!first) return [{}]
  const [name, values] = first
  if (typeof values === 'string') return []
  return values.flatMap((value) =>
    combinations(rest).map((labels) => ({ [label(name)]: String(value), ...labels })),
  )
}

/** As OpenTelemetry's compatibility specification makes of an instrument what Prometheus reads. */
function options(name: MetricName) {
  const { kind, unit, description, attributes }: Metric = catalogue[name]
  const { main } = unitWords(unit)
  const suffix = `${main && `_${main}`}${kind === 'counter' ? '_total' : ''}`
  return {
    name: `${label(name)}${suffix}`,
    help: description,
    labelNames: Object.keys(attributes).map(label),
  }
}

const label = (name: string) => name.replaceAll('.', '_')
