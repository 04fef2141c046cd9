// Implements the part of @opentelemetry/api that src/metrics/instruments.ts uses, with prom-client.
import type { Attributes, MetricOptions } from '@opentelemetry/api'
import { familyOf, labelOf } from '../../../harness/catalogue/families.ts'
import { catalogue, type MetricName } from '../../../src/metrics/catalogue.ts'
import { expose } from '../expose.ts'
import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from './client.ts'

type BatchResult = {
  observe: (gauge: InstanceType<typeof Gauge>, value: number, attributes?: Attributes) => void
}

export const metrics = { getMeter: createMeter }

function createMeter() {
  const callbacks: (() => void)[] = []
  collectDefaultMetrics()
  expose(async (_request, response) => {
    for (const callback of callbacks) callback()
    response.setHeader('Content-Type', register.contentType)
    response.end(await register.metrics())
  })
  const gauge = (name: MetricName) => new Gauge(configuration(name))

  return {
    createCounter: (name: MetricName) => {
      const counter = new Counter(configuration(name))
      return { add: (value: number, attributes?: Attributes) => counter.inc(labels(attributes), value) }
    },
    createUpDownCounter: (name: MetricName) => {
      const current = gauge(name)
      return { add: (value: number, attributes?: Attributes) => current.inc(labels(attributes), value) }
    },
    createGauge: (name: MetricName) => {
      const current = gauge(name)
      return { record: (value: number, attributes?: Attributes) => current.set(labels(attributes), value) }
    },
    createHistogram: (name: MetricName, { advice }: MetricOptions) => {
      const buckets = advice?.explicitBucketBoundaries
      const histogram = new Histogram({ ...configuration(name), ...(buckets && { buckets }) })
      return {
        record: (value: number, attributes?: Attributes) => histogram.observe(labels(attributes), value),
      }
    },
    createObservableGauge: gauge,
    createObservableUpDownCounter: gauge,
    addBatchObservableCallback: (callback: (result: BatchResult) => void) =>
      callbacks.push(() =>
        callback({ observe: (gauge, value, attributes) => gauge.set(labels(attributes), value) }),
      ),
  }
}

/** prom-client, unlike OpenTelemetry, needs the labels of a metric in advance. */
function configuration(name: MetricName) {
  const metric = catalogue[name]
  return {
    name: familyOf(name, metric),
    help: metric.description,
    labelNames: Object.keys(metric.attributes).map(labelOf),
  }
}

/** Computed once, so that recording costs about as much as in a service written for prom-client. */
const labelNames = new Map(
  Object.values(catalogue)
    .flatMap(({ attributes }) => Object.keys(attributes))
    .map((attribute) => [attribute, labelOf(attribute)]),
)

function labels(attributes: Attributes = {}): Record<string, string | number> {
  const result: Record<string, string | number> = {}
  for (const key in attributes) {
    const value = attributes[key]
    result[labelNames.get(key) ?? key] = typeof value === 'number' ? value : String(value)
  }
  return result
}
