// Gathers the metrics of a scrape: those of this process and, in the primary of a cluster, those of every worker.
import cluster, { type Worker } from 'node:cluster'
import type { ProcessMetrics } from '../exposition/families.ts'
import {
  type Collection,
  type CollectionRequest,
  type CollectionResponse,
  collect,
  isMessage,
  type ReaderAvailable,
  type Source,
} from './collection.ts'

export type Gatherer = ReturnType<typeof createGatherer>

/** Once the process has had a worker, every series needs the label of its instance. */
export type Gathered = { processes: ProcessMetrics[]; labelInstances: boolean }

/** The pending response of a worker, if any; it resolves to undefined if the worker ends first. */
type Pending = { response?: PromiseWithResolvers<Collection | undefined> | undefined }

/** Gathers the metrics of this process and of every worker that announced its own reader with this id. */
export function createGatherer(source: Source, readerId: number) {
  const workers = new Map<Worker, Pending>()
  let isCluster = false
  // JSON has no NaN and no infinity. This call keeps the settings made by others.
  if (cluster.isPrimary) cluster.setupPrimary({ serialization: 'advanced' })
  cluster.on('fork', watch)

  function watch(worker: Worker) {
    isCluster = true
    worker.on('message', (message) => {
      if (isMessage<ReaderAvailable>(message, 'metrics available', readerId)) workers.set(worker, {})
      if (isMessage<CollectionResponse>(message, 'metrics collected', readerId))
        settle(workers.get(worker), message)
    })
    worker.on('disconnect', () => {
      settle(workers.get(worker), undefined)
      workers.delete(worker)
    })
  }

  /** Sends a request even if a response is pending, because that may be lost; the first response counts. */
  async function request([worker, pending]: [Worker, Pending]): Promise<Collection | undefined> {
    pending.response ??= Promise.withResolvers()
    const { promise } = pending.response
    const message: CollectionRequest = { type: 'metrics requested', readerId }
    worker.send(message, undefined, undefined, () => {})
    const collection = await promise
    return collection?.reasons
      ? { reasons: collection.reasons.map((reason) => `${nameOf(worker)}: ${reason}`) }
      : collection
  }

  return {
    /** Rejects when a process could not collect everything: an incomplete exposition would look like a correct one. */
    async gather(): Promise<Gathered> {
      const collections = await Promise.all([collect(source), ...Array.from(workers, request)])
      const reasons = collections.flatMap((collection) => collection?.reasons ?? [])
      if (reasons.length > 0) throw new AggregateError(reasons, 'part of the collection failed')
      const processes = collections.flatMap((collection) => collection?.metrics ?? [])
      return { processes, labelInstances: isCluster }
    },

    /** The names of the workers that have not responded yet. */
    pendingWorkers: () =>
      Array.from(workers).flatMap(([worker, { response }]) => (response ? [nameOf(worker)] : [])),

    close: () => void cluster.off('fork', watch),
  }
}

function settle(pending: Pending | undefined, collection: Collection | undefined) {
  pending?.response?.resolve(collection)
  if (pending) pending.response = undefined
}

const nameOf = (worker: Worker) => `worker ${worker.id}`
