// Services that are not ours, measured by --import ./otel/register.ts alone.
import { describe, expect, it } from 'vitest'
import { scrape } from '../../harness/telemetry/scrape.ts'
import { recordsOf, startMeasured } from './support/durations.ts'

const labels = {
  http_request_method: 'GET',
  http_response_status_code: '200',
  network_protocol_version: '1.1',
  url_scheme: 'http',
}

describe.each([
  ['plain', '/things/42', '/things/:id'],
  ['koa', '/things/42', '/things/:id'],
  ['express', '/plain', '/plain'],
  ['express', '/api/things/42', '/api/things/:id'],
  ['fastify', '/things/42', '/things/:id'],
])('a service on %s', (name, path, route) => {
  it(`has the duration of a request to ${path} under the route ${route}, and none for an unknown path`, async () => {
    const service = await startMeasured(name)
    for (const requested of [path, path, '/no/such/path']) await (await fetch(service.url + requested)).text()

    expect(await recordsOf(service, 3)).toEqual([
      { labels: { ...labels, http_route: route }, value: 2 },
      { labels: { ...labels, http_response_status_code: '404' }, value: 1 },
    ])
  })
})

describe('a service whose routes contain what clients send', () => {
  it('has at most 1,000 routes', async () => {
    const service = await startMeasured('express')
    for (let tenant = 0; tenant < 1_010; tenant++)
      await (await fetch(`${service.url}/tenants/${tenant}/things/42`)).text()

    const records = await recordsOf(service, 1_010)
    expect(records.filter(({ labels }) => labels.http_route)).toHaveLength(1_000)
    expect(records.at(-1)).toEqual({ labels, value: 10 })
  })
})

describe('the metrics of a service that is not ours', () => {
  it('have name and version of its package.json, and the runtime', async () => {
    const page = await scrape(await startMeasured('plain'))

    expect(page.series('target_info')[0]?.labels).toMatchObject({
      service_name: 'things',
      service_version: '1.2.3',
      process_runtime_name: 'nodejs',
    })
    expect(page.sum('process_uptime_seconds')).toBeGreaterThan(0)
    expect(page.series('nodejs_eventloop_utilization_ratio')).toHaveLength(1)
  })

  it('have the name that OTEL_SERVICE_NAME sets', async () => {
    const page = await scrape(await startMeasured('plain', { OTEL_SERVICE_NAME: 'mine' }))
    expect(page.series('target_info')[0]?.labels).toMatchObject({ service_name: 'mine' })
  })
})
