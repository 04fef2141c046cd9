import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildUser, call } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import {
  attributesOf,
  metricsOf,
  type Push,
  sampleKey,
  samplesOf,
} from '../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../harness/telemetry/otlp-sink.ts'
import { type Scrape, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'

/** What the service's work makes; the rest changes by itself, or with each scrape. */
const isWork = (key: string) =>
  key.includes('["otel_scope_name","microposts"]') && !/^(microposts_scrape|process)_/.test(key)

/** Each reader adds up its own intervals, so that sums of seconds may differ in their last digits. */
const workOf = (samples: Map<string, number>) =>
  Object.fromEntries(
    [...samples]
      .filter(([key]) => isWork(key))
      .map(([key, value]) => [key, Number(value.toPrecision(12))] as const)
      .sort(),
  )

const samplesOfPage = (page: Scrape) =>
  new Map(
    [...page.families.values()].flatMap(({ samples }) =>
      samples.map(({ name, labels, value }) => [sampleKey(name, labels), value] as const),
    ),
  )

describe.each(['http/protobuf', 'http/json', 'grpc'])('the pull endpoint and OTLP over %s', (protocol) => {
  let collector: Awaited<ReturnType<typeof startCollector>>
  let service: Service
  beforeAll(async () => {
    collector = await startCollector()
    service = await startService({
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? collector.grpcUrl : collector.httpUrl,
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    })
    await work(service)
  })
  afterAll(async () => {
    await service.stop()
    collector.stop()
  })

  /** A page and the push after it, taken when nothing moved between them. */
  async function sideBySide(): Promise<{ page: Scrape; push: Push }> {
    const page = await scrape(service)
    const seen = collector.received.length
    // The first may have been collected before the scrape.
    await until('two pushes', () => collector.received.length >= seen + 2)
    const push = collector.received[seen + 1]?.push
    if (!push) throw new Error('There is no push.')
    return { page, push }
  }

  it('have the same samples: names, labels and values', async () => {
    const { page, push } = await sideBySide()

    const pulled = workOf(samplesOfPage(page))
    expect(workOf(samplesOf(push))).toEqual(pulled)
    expect(page.sum('microposts_post_created_total')).toBe(2)
    expect(page.sum('microposts_login_total', { microposts_login_outcome: 'wrong_credentials' })).toBe(1)
    expect(
      Object.keys(pulled).filter((key) => key.startsWith('http_server_request_duration')).length,
    ).toBeGreaterThan(60)
  })

  it('have the same metrics of the process and the runtime', async () => {
    const { page, push } = await sideBySide()

    const names = (keys: Iterable<string>) => new Set([...keys].map((key) => key.replace(/\[.*/, '')))
    // Delays of the event loop are reset by whoever reads them, so a quick second reader may find none.
    const own = (all: Set<string>) =>
      [...all].filter((name) => !/^(target_info|microposts_scrape|nodejs_eventloop_delay)/.test(name))
    expect(own(names(samplesOf(push).keys())).toSorted()).toEqual(
      own(names(samplesOfPage(page).keys())).toSorted(),
    )
  })

  it('have the same resource', async () => {
    const { page, push } = await sideBySide()

    const [resource] = push.resourceMetrics
    const attributes = Object.entries(attributesOf(resource?.resource.attributes ?? []))
    expect(page.series('target_info').map(({ labels }) => labels)).toEqual([
      Object.fromEntries(attributes.map(([key, value]) => [key.replaceAll('.', '_'), value])),
    ])
  })

  it('have the same descriptions', async () => {
    const { page, push } = await sideBySide()

    const pushed = metricsOf(push).map(({ description }) => description)
    const pulled = [...page.families.values()]
      .filter(({ name }) => /^(http|db)_/.test(name))
      .map(({ help }) => help)
    expect(pulled.length).toBeGreaterThan(5)
    expect(pushed).toEqual(expect.arrayContaining(pulled))
  })
})

/** Something of everything: answers of all classes, and counters that moved. */
async function work(service: Service) {
  const user = await buildUser(service)
  const collection = `/api/users/${user.username}/collection`
  const post = { token: user.token, json: { text: 'hello' } }
  const created = await call(service, 'POST', collection, post)
  await call(service, 'POST', collection, { ...post, json: { text: 'again', referenced: user.username } })
  await call(service, 'GET', collection)
  await call(service, 'GET', new URL(created.headers.get('Location') ?? '', service.url).pathname)
  await call(service, 'POST', collection, { token: user.token, json: { text: '' } })
  await call(service, 'POST', collection, { json: { text: 'no token' } })
  await call(service, 'POST', '/api/login', { json: { username: user.username, password: 'wrong password' } })
  await call(service, 'GET', '/no/such/path')
  await call(service, 'PROPFIND', collection)
  const answered = (page: Scrape) => page.sum('http_server_request_duration_seconds_count') >= 11
  await until('the records of all requests', async () => answered(await scrape(service)))
}
