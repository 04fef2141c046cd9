import { describe, expect, it, onTestFinished } from 'vitest'
import { runService } from '../../harness/service.ts'
import { attributesOf, metricsOf, type Push } from '../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../harness/telemetry/otlp-sink.ts'
import { type Scrape, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { askFor } from './pull/support/scraped.ts'

/** Two workers that listen, `pids` by the instance that each is; `said` are the log lines with a message. */
async function start(env: Record<string, string> = {}) {
  const running = runService(env, { entry: 'test/otel/support/bare-cluster.ts' })
  onTestFinished(() => {
    running.kill('SIGKILL')
  })
  const said = (message: string) => running.lines.filter(({ msg }) => msg === message)
  await until('both workers listen', () => said('listening').length === 2)
  const service = {
    ...running,
    url: String(said('listening')[0]?.url),
    metricsUrl: String(said('metrics exported')[0]?.endpoint),
    said,
  }
  return service
}

/** One of the workers on a page, by its instance. */
function aWorkerOf(page: Scrape) {
  const [series] = page.series('bare_pid')
  if (!series) throw new Error('The page has no worker.')
  return { instance: series.labels.service_instance_id, pid: series.value }
}

/** One after the other, each on a connection of its own: the primary deals them out in turn. */
async function visit(url: string, times: number) {
  for (let time = 0; time < times; time++) await askFor(`${url}/things/1`)
}

const instancesOf = (page: Scrape, name: string) =>
  page
    .series(name)
    .map(({ labels }) => labels.service_instance_id)
    .sort()

describe('the page of a cluster', () => {
  it('has the series of each process under its own instance, whatever their values', async () => {
    const service = await start()
    await visit(service.url, 10)
    const page = await scrape(service)

    const workers = service
      .said('worker measured')
      .map(({ instance }) => instance)
      .sort()
    expect(instancesOf(page, 'bare_pid')).toEqual(workers)
    expect(page.series('bare_events_total').map(({ value }) => value)).toEqual([5, 5])
    const all = instancesOf(page, 'target_info')
    expect(all).toEqual(expect.arrayContaining(workers))
    expect(new Set(all).size).toBe(3)
    expect(instancesOf(page, 'nodejs_eventloop_utilization_ratio')).toEqual(all)
    expect(page.series('bare_unknown').map(({ value }) => value)).toEqual([Number.NaN, Number.NaN])
    expect(page.series('bare_unlimited').map(({ value }) => value)).toEqual([Infinity, Infinity])
    expect(service.said('metrics exported')).toHaveLength(1)
  })

  it('fails in time while a worker is silent, says which, and has lost nothing once that goes on', async () => {
    const service = await start()
    await visit(service.url, 10)
    const worker = aWorkerOf(await scrape(service))
    process.kill(worker.pid, 'SIGSTOP')

    const began = performance.now()
    const headers = { 'X-Prometheus-Scrape-Timeout-Seconds': '1' }
    const answers = await Promise.all([1, 2].map(() => askFor(service.metricsUrl, { headers })))
    expect(answers.map(({ status }) => status)).toEqual([503, 503])
    expect(performance.now() - began).toBeLessThan(1_000)
    const [line] = service.said('scrape failed')
    expect(line?.reasons).toEqual([
      expect.stringMatching(/^the collection took longer than 500 ms: no response from worker [12]$/),
    ])

    process.kill(worker.pid, 'SIGCONT')
    const page = await scrape(service)
    expect(instancesOf(page, 'bare_pid')).toContain(worker.instance)
    expect(page.sum('bare_events_total')).toBe(10)
  })

  it('has no more of a worker that died, also in the middle of a collection', async () => {
    const service = await start()
    await visit(service.url, 10)
    const before = await scrape(service)
    const dead = aWorkerOf(before)
    process.kill(dead.pid, 'SIGSTOP')
    const during = scrape(service)
    process.kill(dead.pid, 'SIGKILL')

    const others = (name: string) =>
      instancesOf(before, name).filter((instance) => instance !== dead.instance)
    for (const page of [await during, await scrape(service)]) {
      expect(instancesOf(page, 'bare_events_total')).toEqual(others('bare_events_total'))
      expect(instancesOf(page, 'target_info')).toEqual(others('target_info'))
      expect(page.sum('bare_events_total')).toBe(5)
    }
  })

  it('fails when a worker cannot collect all that it has', async () => {
    const service = await start()
    process.kill(aWorkerOf(await scrape(service)).pid, 'SIGUSR2')
    await service.logged('broken')

    expect((await askFor(service.metricsUrl)).status).toBe(503)
    expect((await service.logged('scrape failed')).reasons).toEqual([
      expect.stringMatching(/^worker [12]: a bug of the service$/),
    ])
  })
})

describe('OTLP from a cluster', () => {
  it('is pushed by each process itself, the last values when it ends, also where an instance is configured', async () => {
    const collector = await startCollector()
    onTestFinished(collector.stop)
    const service = await start({
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl,
      OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=web',
    })
    await visit(service.url, 10)
    const all = ['web', 'web-1', 'web-2']
    expect(instancesOf(await scrape(service), 'target_info')).toEqual(all)
    service.kill('SIGTERM')

    expect(await service.exited).toBe(0)
    expect(service.said('worker ended').map(({ code }) => code)).toEqual([0, 0])
    const pushes = collector.received.map(({ push }) => push)
    expect(pushes.map(instanceOf).sort()).toEqual(all)
    expect(pushes.map(eventsOf).filter((events) => events !== undefined)).toEqual([5, 5])
  })
})

const instanceOf = ({ resourceMetrics: [only] }: Push) =>
  only && attributesOf(only.resource.attributes)['service.instance.id']

const eventsOf = (push: Push) =>
  metricsOf(push).find(({ name }) => name === 'bare.events')?.sum?.dataPoints[0]?.asDouble
