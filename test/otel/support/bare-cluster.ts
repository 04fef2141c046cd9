// The bare service in two workers of a cluster. SIGTERM stops it; SIGUSR2 makes a worker's metrics fail.
import cluster from 'node:cluster'
import { metrics } from '@opentelemetry/api'

if (cluster.isPrimary) {
  for (const worker of [cluster.fork(), cluster.fork()])
    worker.on('exit', (code, signal) => log('worker ended', { id: worker.id, code, signal }))
  process.once('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.disconnect()
  })
} else {
  const meter = metrics.getMeter('bare')
  const observe = (name: string, read: () => number) =>
    meter.createObservableGauge(name).addCallback((result) => result.observe(read()))
  observe('bare.pid', () => process.pid)
  observe('bare.unknown', () => Number.NaN)
  observe('bare.unlimited', () => Number.POSITIVE_INFINITY)
  process.once('SIGUSR2', () => {
    observe('bare.broken', () => {
      throw new Error('a bug of the service')
    })
    log('broken', {})
  })
  await import('./bare-service.ts')
}

function log(msg: string, fields: object) {
  process.stdout.write(`${JSON.stringify({ level: 30, ...fields, msg })}\n`)
}
