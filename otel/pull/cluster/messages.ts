// What the primary of a cluster and its workers say to each other about metrics, on a channel that others use too.
import type { CollectionResult } from '../collection.ts'

/** `endpoint` tells the pull endpoints of a configuration apart; it is the same in every process. */
export type Available = { metrics: 'available'; endpoint: number }
export type Wanted = { metrics: 'wanted'; endpoint: number }
export type Collected = { metrics: 'collected'; endpoint: number } & CollectionResult

/** Whether a message is of this kind and for this endpoint. */
export function isMessage<Message extends Available | Wanted | Collected>(
  message: unknown,
  metrics: Message['metrics'],
  endpoint: number,
): message is Message {
  if (typeof message !== 'object' || message === null) return false
  const { metrics: kind, endpoint: addressee }: { metrics?: unknown; endpoint?: unknown } = message
  return kind === metrics && addressee === endpoint
}
