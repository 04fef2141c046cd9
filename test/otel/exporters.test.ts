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

/** Metrics that only requests change; the others change on their own, or with each scrape. */
const isWork = (key: string) =>
  /\["otel_scope_name","(microposts|@opentelemetry\/instrumentation-http)"\]/.test(key) &&
  !/^(microposts_scrape|process)_/.test(key)

/** Rounds values: each reader adds up its own intervals, so sums of seconds can differ in their last digits. */
const workOf = (samples: Map<string, number>) =>
  Object.fromEntries(
    [...samples]
      .filter(([key]) => isWork(key))
      .map(([key, value]) => [key, Number(value.toPrecision(12))] as const)
      .sort(),
  )

const samplesOfScrape = (seen: Scrape) =>
  new Map(
    [...seen.families.values()].flatMap(({ samples }) =>
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
      // Native histograms change neither the text formats nor another exporter.
      METRICS_NATIVE_HISTOGRAMS: String(protocol === 'http/json'),
    })
    await work(service)
  })
  afterAll(async () => {
    await service.stop()
    collector.stop()
  })

  /** A scrape and a later push, with no requests in between. */
  async function pullAndPush(): Promise<{ pulled: Scrape; push: Push }> {
    const pulled = await scrape(service)
    const seen = collector.received.length
    // The first push may have been collected before the scrape.
    await until('two pushes', () => collector.received.length >= seen + 2)
    const push = collector.received[seen + 1]?.push
    if (!push) throw new Error('There is no push.')
    return { pulled, push }
  }

  it('have the same samples: names, labels and values', async () => {
    const { pulled, push } = await pullAndPush()

    const samples = workOf(samplesOfScrape(pulled))
    expect(workOf(samplesOf(push))).toEqual(samples)
    expect(pulled.sum('microposts_post_created_total')).toBe(2)
    expect(pulled.sum('microposts_login_total', { microposts_login_outcome: 'wrong_credentials' })).toBe(1)
    expect(
      Object.keys(samples).filter((key) => key.startsWith('http_server_request_duration')).length,
    ).toBeGreaterThan(60)
  })

  it('have the same metrics of the process and the runtime', async () => {
    const { pulled, push } = await pullAndPush()

    const names = (keys: Iterable<string>) => new Set([...keys].map((key) => key.replace(/\[.*/, '')))
    // Reading the event-loop delay resets it, so a second reader may find none.
    const own = (all: Set<string>) =>
      [...all].filter((name) => !/^(target_info|microposts_scrape|nodejs_eventloop_delay)/.test(name))
    expect(own(names(samplesOf(push).keys())).toSorted()).toEqual(
      own(names(samplesOfScrape(pulled).keys())).toSorted(),
    )
  })

  it('have the same resource', async () => {
    const { pulled, push } = await pullAndPush()

    const [resource] = push.resourceMetrics
    const attributes = Object.entries(attributesOf(resource?.resource.attributes ?? []))
    expect(pulled.series('target_info').map(({ labels }) => labels)).toEqual([
      Object.fromEntries(attributes.map(([key, value]) => [key.replaceAll('.', '_'), value])),
    ])
  })

  it('have the same descriptions', async () => {
    const { pulled, push } = await pullAndPush()

    const pushed = metricsOf(push).map(({ description }) => description)
    const helps = [...pulled.families.values()]
      .filter(({ name }) => /^(http|db)_/.test(name))
      .map(({ help }) => help)
    expect(helps.length).toBeGreaterThan(5)
    expect(pushed).toEqual(expect.arrayContaining(helps))
  })
})

/** Sends requests with responses of all classes, which change several counters. */
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
  await until(
    'the records of all requests',
    async () => (await scrape(service)).sum('http_server_request_duration_seconds_count') >= 11,
  )
}
