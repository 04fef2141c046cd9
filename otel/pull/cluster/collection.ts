// The collection of one process, and the messages by which the primary of a cluster requests those of its workers.
import type { MetricReader } from '@opentelemetry/sdk-metrics'
import { reasonsOf } from '../../log.ts'
import type { Pause } from '../../native/pause.ts'
import type { ProcessMetrics } from '../exposition/families.ts'

/** All metrics of a process, or the reasons why some or all could not be collected. */
export type Collection =
  | { metrics: ProcessMetrics; reasons?: undefined }
  | { metrics?: undefined; reasons: string[] }

/** The reader of an endpoint, and the one of its native histograms, if it has any. */
export type Source = { reader: MetricReader; native?: { reader: MetricReader; pause: Pause } | undefined }

/** Collects the metrics of this process. Never rejects. */
export async function collect({ reader, native }: Source): Promise<Collection> {
  try {
    const [classic, exponential] = native
      ? await native.pause.during(async () => [await reader.collect(), await native.reader.collect()])
      : [await reader.collect()]
    const errors = [...classic.errors, ...(exponential?.errors ?? [])]
    if (errors.length > 0) return { reasons: errors.flatMap(reasonsOf) }
    const nativeHistograms = exponential?.resourceMetrics.scopeMetrics
    return { metrics: { ...classic.resourceMetrics, nativeHistograms } }
  } catch (error) {
    return { reasons: reasonsOf(error) }
  }
}

/** `readerId` is the index of the pull reader in the configuration, which is the same in every process. */
export type ReaderAvailable = { type: 'metrics available'; readerId: number }
export type CollectionRequest = { type: 'metrics requested'; readerId: number }
export type CollectionResponse = { type: 'metrics collected'; readerId: number } & Collection

/** Whether a message has this type and reader. The channel also carries messages of others. */
export function isMessage<Message extends ReaderAvailable | CollectionRequest | CollectionResponse>(
  message: unknown,
  type: Message['type'],
  readerId: number,
): message is Message {
  if (typeof message !== 'object' || message === null) return false
  return 'type' in message && message.type === type && 'readerId' in message && message.readerId === readerId
}
