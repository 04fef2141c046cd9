// Where a page's metrics come from: this process and, in the primary of a cluster, every worker beside it.
import cluster, { type Worker } from 'node:cluster'
import type { MetricReader } from '@opentelemetry/sdk-metrics'
import { type CollectionResult, collectFrom } from '../collection.ts'
import type { Source } from '../exposition/families.ts'
import { type Available, type Collected, isMessage, type Wanted } from './messages.ts'

export type Sources = ReturnType<typeof createSources>

/** A worker that can be asked, and what it owes; it comes to undefined when the worker ends before. */
type Member = { owed?: PromiseWithResolvers<CollectionResult | undefined> | undefined }

/**
 * The metrics of `reader` and of every worker that has announced its own for `endpoint`. In a process without workers
 * nothing tells processes apart; from the first worker on every series has its `service_instance_id`.
 */
export function createSources(reader: MetricReader, endpoint: number) {
  const members = new Map<Worker, Member>()
  let shared = false
  // JSON has no NaN and no infinity. Settings that others made stay.
  if (cluster.isPrimary) cluster.setupPrimary({ serialization: 'advanced' })
  cluster.on('fork', watch)

  function watch(worker: Worker) {
    shared = true
    worker.on('message', (message) => {
      if (isMessage<Available>(message, 'available', endpoint)) members.set(worker, {})
      if (isMessage<Collected>(message, 'collected', endpoint)) settle(members.get(worker), message)
    })
    worker.on('disconnect', () => {
      settle(members.get(worker), undefined)
      members.delete(worker)
    })
  }

  /** Asks also while an answer is owed, which may never come; whichever comes first will do. */
  async function ask([worker, member]: [Worker, Member]): Promise<CollectionResult | undefined> {
    member.owed ??= Promise.withResolvers()
    const { promise } = member.owed
    const wanted: Wanted = { metrics: 'wanted', endpoint }
    worker.send(wanted, undefined, undefined, () => {})
    const collection = await promise
    return collection?.reasons
      ? { reasons: collection.reasons.map((reason) => `${nameOf(worker)}: ${reason}`) }
      : collection
  }

  return {
    /** Rejects when a process could not collect all that it has: a page with less would be taken for the truth. */
    async collect(): Promise<Source[]> {
      const collections = await Promise.all([collectFrom(reader), ...Array.from(members, ask)])
      const reasons = collections.flatMap((collection) => collection?.reasons ?? [])
      if (reasons.length > 0) throw new AggregateError(reasons, 'part of the collection failed')
      const sources = collections.flatMap((collection) => collection?.source ?? [])
      return shared ? sources.map(withInstance) : sources
    },

    /** The workers that owe an answer, for people. */
    silent: () => Array.from(members).flatMap(([worker, { owed }]) => (owed ? [nameOf(worker)] : [])),

    close: () => void cluster.off('fork', watch),
  }
}

function settle(member: Member | undefined, collection: CollectionResult | undefined) {
  member?.owed?.resolve(collection)
  if (member) member.owed = undefined
}

function withInstance({ resourceMetrics }: Source): Source {
  const instance = resourceMetrics.resource.attributes['service.instance.id']
  return { resourceMetrics, labels: { service_instance_id: String(instance ?? '') } }
}

const nameOf = (worker: Worker) => `worker ${worker.id}`
