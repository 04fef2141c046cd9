// Loaded before a program: replies to its parent's message `usage` with the CPU time and memory of the process and its
// workers.
import cluster, { type Worker } from 'node:cluster'
import type { Usage } from './usage.ts'

process.on('message', async (message) => {
  if (message !== 'usage') return
  const workers = await Promise.all(Object.values(cluster.workers ?? {}).map(workerUsage))
  const { user, system } = process.cpuUsage()
  const own: Usage = { cpuUs: user + system, rssBytes: process.memoryUsage.rss() }
  process.send?.({ usage: [own, ...workers].reduce(sum) })
})
// Otherwise the channel would keep the process alive after its shutdown.
if (!cluster.isWorker) process.channel?.unref()

/** A worker has loaded this module too. Its channel also carries other messages. */
function workerUsage(worker: Worker | undefined): Promise<Usage> {
  const { promise, resolve } = Promise.withResolvers<Usage>()
  const onMessage = ({ usage }: { usage?: Usage }) => {
    if (!usage) return
    worker?.off('message', onMessage)
    resolve(usage)
  }
  worker?.on('message', onMessage)
  worker?.send('usage')
  return promise
}

const sum = (a: Usage, b: Usage): Usage => ({
  cpuUs: a.cpuUs + b.cpuUs,
  rssBytes: a.rssBytes + b.rssBytes,
})
