// In a worker of a cluster: no endpoint, but answers to the primary, whose endpoint shows all workers.
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import type { MetricReader } from '@opentelemetry/sdk-metrics'
import { collectFrom } from '../collection.ts'
import { type Available, type Collected, isMessage, type Wanted } from './messages.ts'

/** Tells the primary that it can ask once `announce` is called: not before the meter provider has the reader. */
export function createWorkerReader(endpoint: number): { reader: MetricReader; announce(): void } {
  const reader = new PrometheusExporter({ preventServerStart: true })
  return {
    reader,
    announce() {
      process.on('message', (message) => {
        if (isMessage<Wanted>(message, 'wanted', endpoint)) void answer()
      })
      send({ metrics: 'available', endpoint })
    },
  }

  async function answer() {
    const { source, reasons } = await collectFrom(reader)
    if (!source) return send({ metrics: 'collected', endpoint, reasons })
    // The channel carries what an object has itself, and a resource has its attributes from its class.
    const { resource, scopeMetrics } = source.resourceMetrics
    const resourceMetrics = { resource: { attributes: resource.attributes }, scopeMetrics }
    send({ metrics: 'collected', endpoint, source: { resourceMetrics } })
  }
}

/** Without a word of failure: whoever waited for it is gone. */
function send(message: Available | Collected) {
  process.send?.(message, undefined, undefined, () => {})
}
