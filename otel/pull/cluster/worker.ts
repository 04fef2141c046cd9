// The reader of a worker: it has no endpoint of its own and sends its metrics to the primary on request.
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import type { MetricReader } from '@opentelemetry/sdk-metrics'
import {
  type CollectionRequest,
  type CollectionResponse,
  collect,
  isMessage,
  type ReaderAvailable,
  type Source,
} from './collection.ts'

/** Call `announce` after the meter provider has the reader: from then on the primary requests its metrics. */
export function createWorkerReader(
  readerId: number,
  native?: Source['native'],
): { reader: MetricReader; announce(): void } {
  const reader = new PrometheusExporter({ preventServerStart: true })
  return {
    reader,
    announce() {
      process.on('message', (message) => {
        if (isMessage<CollectionRequest>(message, 'metrics requested', readerId)) void respond()
      })
      send({ type: 'metrics available', readerId })
    },
  }

  async function respond() {
    const { metrics, reasons } = await collect({ reader, native })
    if (!metrics) return send({ type: 'metrics collected', readerId, reasons })
    // The channel drops getters, and `attributes` is a getter of the resource's class.
    const resource = { attributes: metrics.resource.attributes }
    send({ type: 'metrics collected', readerId, metrics: { ...metrics, resource } })
  }
}

/** Ignores failures: without a primary, nobody waits for the message. */
function send(message: ReaderAvailable | CollectionResponse) {
  process.send?.(message, undefined, undefined, () => {})
}
