// Loaded before a program: replies to its parent's message `usage` with the CPU time and memory of the process and its
// workers.
import cluster, { type Worker } from 'node:cluster'
import type { ProcessUsage } from './usage.ts'

type Reply = { usages: ProcessUsage[] }

process.on('message', async (message) => {
  if (message !== 'usage') return
  const workers = await Promise.all(Object.values(cluster.workers ?? {}).map(askWorker))
  process.send?.({ usages: [ownUsage(), ...workers.flatMap(({ usages }) => usages)] } satisfies Reply)
})
// Otherwise the channel would keep the process alive after its shutdown.
if (!cluster.isWorker) process.channel?.unref()

/** A worker has loaded this module too. Its channel also carries other messages. */
function askWorker(worker: Worker | undefined): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>()
  const onMessage = ({ usages }: Partial<Reply>) => {
    if (!usages) return
    worker?.off('message', onMessage)
    resolve({ usages })
  }
  worker?.on('message', onMessage)
  worker?.send('usage')
  return promise
}

function ownUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  return {
    pid: process.pid,
    cpuUs: user + system,
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    externalBytes: external,
  }
}
