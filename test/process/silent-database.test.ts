// A stop while the network swallows every packet to and from the database: nothing there confirms an end.
import { describe, expect, it, onTestFinished } from 'vitest'
import { freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildUser, call, send } from '../../harness/http/client.ts'
import { createRelay } from '../../harness/http/relay.ts'
import { noLimits, runService } from '../../harness/service.ts'
import { metricsOf, type Push } from '../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../harness/telemetry/otlp-sink.ts'
import { scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'

/** Starts a service whose database is behind a relay, and which pushes its metrics only when it ends. */
async function start() {
  const database = await freshServerDatabase()
  onTestFinished(database.drop)
  const url = new URL(database.env.DATABASE_URL)
  const relay = createRelay(Number(url.port || 5432))
  await relay.start()
  onTestFinished(relay.stop)
  url.host = `127.0.0.1:${relay.port()}`
  const collector = await startCollector()
  onTestFinished(collector.stop)
  const run = () => {
    const service = runService({
      ...noLimits,
      DATABASE_URL: url.href,
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.httpUrl,
    })
    onTestFinished(() => void service.kill('SIGKILL'))
    return service
  }
  return { relay, collector, run }
}

const registered = (push: Push | undefined) =>
  push &&
  metricsOf(push).find(({ name }) => name === 'microposts.user.registered')?.sum?.dataPoints[0]?.asDouble

describe.runIf(hasServer())('SIGTERM while the database is silent', () => {
  it('ends the process and pushes the last metrics, in spite of requests, streams and health checks', async () => {
    const { relay, collector, run } = await start()
    const service = run()
    await service.logged('ready')
    const target = { url: String((await service.logged('listening')).url) }
    const { username, token } = await buildUser(target)
    expect((await call(target, 'GET', '/readyz')).status).toBe(200)
    await send(target, 'GET', `/api/users/${username}/timeline/stream`, { token })
    relay.silence(true)
    const unanswered = Promise.allSettled([
      call(target, 'GET', '/api/posts'),
      call(target, 'POST', `/api/users/${username}/collection`, { token, json: { text: 'Hello?' } }),
      call(target, 'GET', '/readyz'),
    ])
    const metricsUrl = String((await service.logged('metrics exported')).endpoint)
    await until('the stream and the three requests are active', async () => {
      return (await scrape({ metricsUrl })).sum('http_server_active_requests') === 4
    })
    service.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    expect(collector.received.map(({ push }) => registered(push))).toEqual([1])
    await unanswered
  })

  it('ends a process that has not migrated yet', async () => {
    const { relay, collector, run } = await start()
    relay.silence(true)
    const service = run()
    await service.logged('listening')
    service.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    expect(collector.received.map(({ push }) => registered(push))).toEqual([0])
  })
})
