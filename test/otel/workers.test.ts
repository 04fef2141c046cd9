import { describe, expect, it, onTestFinished } from 'vitest'
import { runService } from '../../harness/service.ts'
import { attributesOf, metricsOf, type Push } from '../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../harness/telemetry/otlp-sink.ts'
import { decodeExposition, labelsOf } from '../../harness/telemetry/protobuf-decoder.ts'
import { type Scrape, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { askFor } from './pull/support/scraped.ts'

/** Starts a cluster of two workers and waits until both listen. */
async function start(env: Record<string, string> = {}) {
  const running = runService(env, { entry: 'test/otel/support/bare-cluster.ts' })
  onTestFinished(() => {
    running.kill('SIGKILL')
  })
  const linesOf = (message: string) => running.lines.filter(({ msg }) => msg === message)
  await until('both workers listen', () => linesOf('listening').length === 2)
  return {
    ...running,
    url: String(linesOf('listening')[0]?.url),
    metricsUrl: String(linesOf('metrics exported')[0]?.endpoint),
    linesOf,
  }
}

/** The instance and the process id of one worker. */
function firstWorker(seen: Scrape) {
  const [series] = seen.series('bare_pid')
  if (!series) throw new Error('The scrape has no worker.')
  return { instance: series.labels.service_instance_id, pid: series.value }
}

/** Sends ten requests, each on its own connection, so that the primary distributes them to both workers. */
async function sendRequests(url: string) {
  for (let count = 0; count < 10; count++) await askFor(`${url}/things/1`)
}

const instancesOf = (seen: Scrape, name: string) =>
  seen
    .series(name)
    .map(({ labels }) => labels.service_instance_id)
    .sort()

describe('a scrape of a cluster', () => {
  it('has the series of each process under its own instance, including NaN and infinity', async () => {
    const service = await start()
    await sendRequests(service.url)
    const seen = await scrape(service)

    const workers = service
      .linesOf('worker measured')
      .map(({ instance }) => instance)
      .sort()
    expect(instancesOf(seen, 'bare_pid')).toEqual(workers)
    expect(instancesOf(seen, 'bare_events_total')).toEqual(workers)
    expect(seen.sum('bare_events_total')).toBe(10)
    expect(instancesOf(seen, 'http_server_request_duration_seconds_count')).toEqual(workers)
    expect(seen.sum('http_server_request_duration_seconds_count')).toBe(10)
    const all = instancesOf(seen, 'target_info')
    expect(all).toEqual(expect.arrayContaining(workers))
    expect(new Set(all).size).toBe(3)
    expect(instancesOf(seen, 'nodejs_eventloop_utilization_ratio')).toEqual(all)
    expect(seen.series('bare_unknown').map(({ value }) => value)).toEqual([Number.NaN, Number.NaN])
    expect(seen.series('bare_unlimited').map(({ value }) => value)).toEqual([Infinity, Infinity])
    expect(service.linesOf('metrics exported')).toHaveLength(1)
  })

  it('has the native histograms of each worker', async () => {
    const service = await start({ METRICS_NATIVE_HISTOGRAMS: 'true' })
    await sendRequests(service.url)
    const headers = { accept: 'application/vnd.google.protobuf' }
    const { body } = await askFor(service.metricsUrl, { headers })

    const metrics = decodeExposition(body).get('bare_duration_seconds')?.metric ?? []
    expect(metrics.map((metric) => labelsOf(metric).service_instance_id).sort()).toEqual(
      service
        .linesOf('worker measured')
        .map(({ instance }) => instance)
        .sort(),
    )
    const histograms = metrics.flatMap(({ histogram }) => histogram ?? [])
    expect(histograms.reduce((sum, { sampleCount }) => sum + sampleCount, 0)).toBe(10)
    // Every request took the same time, so there is one bucket.
    for (const { schema, sampleCount, positiveDelta } of histograms)
      expect({ schema, positiveDelta }).toEqual({ schema: 8, positiveDelta: [sampleCount] })
  })

  it('times out while a worker is stopped, names it, and loses nothing once it continues', async () => {
    const service = await start()
    await sendRequests(service.url)
    const worker = firstWorker(await scrape(service))
    process.kill(worker.pid, 'SIGSTOP')

    const headers = { 'X-Prometheus-Scrape-Timeout-Seconds': '1' }
    const responses = await Promise.all([1, 2].map(() => askFor(service.metricsUrl, { headers })))
    expect(responses.map(({ status }) => status)).toEqual([503, 503])
    expect((await service.logged('scrape failed')).reasons).toEqual([
      expect.stringMatching(/^the collection took longer than 500 ms: no response from worker [12]$/),
    ])

    process.kill(worker.pid, 'SIGCONT')
    const seen = await scrape(service)
    expect(instancesOf(seen, 'bare_pid')).toContain(worker.instance)
    expect(seen.sum('bare_events_total')).toBe(10)
  })

  it('has no series of a worker that died, even during the collection', async () => {
    const service = await start()
    await sendRequests(service.url)
    const before = await scrape(service)
    const dead = firstWorker(before)
    process.kill(dead.pid, 'SIGSTOP')
    const during = scrape(service)
    process.kill(dead.pid, 'SIGKILL')

    const isAlive = (instance: string | undefined) => instance !== dead.instance
    for (const after of [await during, await scrape(service)]) {
      expect(instancesOf(after, 'target_info')).toEqual(instancesOf(before, 'target_info').filter(isAlive))
      expect(after.series('bare_events_total')).toEqual(
        before.series('bare_events_total').filter(({ labels }) => isAlive(labels.service_instance_id)),
      )
    }
  })

  it('fails when a worker cannot collect all its metrics', async () => {
    const service = await start()
    process.kill(firstWorker(await scrape(service)).pid, 'SIGUSR2')
    await service.logged('broken')

    expect((await askFor(service.metricsUrl)).status).toBe(503)
    expect((await service.logged('scrape failed')).reasons).toEqual([
      expect.stringMatching(/^worker [12]: a bug of the service$/),
    ])
  })
})

describe('OTLP from a cluster', () => {
  it('is pushed by each process when it ends, with an instance id of its own', async () => {
    const collector = await startCollector()
    onTestFinished(collector.stop)
    const service = await start({
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl,
      OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=web',
    })
    await sendRequests(service.url)
    const all = ['web', 'web-1', 'web-2']
    expect(instancesOf(await scrape(service), 'target_info')).toEqual(all)
    service.kill('SIGTERM')

    expect(await service.exited).toBe(0)
    expect(service.linesOf('worker ended').map(({ code }) => code)).toEqual([0, 0])
    const pushes = collector.received.map(({ push }) => push)
    expect(pushes.map(instanceOf).sort()).toEqual(all)
    const events = pushes.map(eventsOf).filter((count) => count !== undefined)
    expect(events).toHaveLength(2)
    expect(events.reduce((sum, count) => sum + count, 0)).toBe(10)
  })
})

const instanceOf = ({ resourceMetrics: [only] }: Push) =>
  only && attributesOf(only.resource.attributes)['service.instance.id']

const eventsOf = (push: Push) =>
  metricsOf(push).find(({ name }) => name === 'bare.events')?.sum?.dataPoints[0]?.asDouble
