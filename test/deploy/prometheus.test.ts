// Sends known traffic to a service and checks what a real Prometheus that scrapes it returns for typical queries.
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildPost, buildUser, call } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { lintExposition, type Prometheus, startPrometheus } from '../../harness/programs/prometheus.ts'
import { runService, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

const count = 'http_server_request_duration_seconds_count'

async function startScraping(program: string, metricsUrls: string[]): Promise<Prometheus> {
  const targets = metricsUrls.map((url) => `'${new URL(url).host}'`).join(', ')
  const prometheus = await startPrometheus(
    program,
    `scrape_configs:
  - job_name: microposts
    scrape_interval: 1s
    static_configs: [{ targets: [${targets}] }]
`,
  )
  onTestFinished(() => prometheus.stop())
  return prometheus
}

describe('a real Prometheus that scrapes the service', () => {
  it('returns request rates, statuses, durations and posts', async (context) => {
    const program = requireProgram('prometheus', context)
    const service = await startService()
    onTestFinished(() => service.stop())
    const alice = await buildUser(service)
    const path = `/api/users/${alice.username}/collection`
    // Prometheus must scrape a series once before it can compute a rate. The first requests have the same proportions
    // as the later ones, so that extrapolation does not change the ratios.
    await buildPost(service, alice)
    for (let i = 0; i < 3; i++) await call(service, 'GET', path)
    const prometheus = await startScraping(program, [service.metricsUrl])
    const firstValue = async (query: string) => (await prometheus.query(query))[0]?.value
    const route = 'http_route="/api/users/:username/collection"'
    await until('the first scrape', () => firstValue(`${count}{${route},http_request_method="GET"}`))

    for (let i = 0; i < 30; i++) await call(service, 'GET', path)
    for (let i = 0; i < 10; i++) await buildPost(service, alice)
    for (let i = 0; i < 5; i++) await call(service, 'GET', '/nothing/here')
    await until(
      'a scrape after the last request',
      async () => (await firstValue(`${count}{${route},http_request_method="POST"}`)) === 11,
    )

    expect(await firstValue('up{job="microposts"}')).toBe(1)
    const byRoute = await prometheus.query(
      `sum by (http_route, http_request_method) (${count}{http_route=~".*collection|"})`,
    )
    expect(byRoute).toEqual(
      expect.arrayContaining([
        { metric: { http_route: '/api/users/:username/collection', http_request_method: 'GET' }, value: 33 },
        { metric: { http_route: '/api/users/:username/collection', http_request_method: 'POST' }, value: 11 },
        { metric: { http_request_method: 'GET' }, value: 5 },
      ]),
    )
    const ratio = `rate(${count}{${route},http_request_method="GET"}[1m]) / ignoring(http_request_method, http_response_status_code) rate(${count}{${route},http_request_method="POST"}[1m])`
    expect(await firstValue(ratio)).toBeCloseTo(30 / 10, 6)
    const byStatus = await prometheus.query(`sum by (http_response_status_code) (${count}{${route}})`)
    expect(byStatus.map(({ metric, value }) => [metric.http_response_status_code, value]).sort()).toEqual([
      ['200', 33],
      ['201', 11],
    ])
    const p95 = await firstValue(
      `histogram_quantile(0.95, sum by (le, http_route) (rate(http_server_request_duration_seconds_bucket{${route}}[1m])))`,
    )
    expect(p95).toBeGreaterThan(0)
    expect(p95).toBeLessThan(2.5)
    expect(await firstValue('sum(microposts_post_created_total)')).toBe(11)
  })

  it('returns the ratio of failed requests and the types of the exceptions', async (context) => {
    const program = requireProgram('prometheus', context)
    const service = runService({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/posts' })
    onTestFinished(() => {
      service.kill('SIGKILL')
    })
    const target = { url: String((await service.logged('listening')).url) }
    const { endpoint } = await service.logged('metrics exported')
    const sendRequests = async () => {
      for (let i = 0; i < 3; i++) expect(await call(target, 'GET', '/livez')).toMatchObject({ status: 200 })
      expect(await call(target, 'GET', '/api/users/alice')).toMatchObject({ status: 503 })
    }
    await sendRequests()
    const prometheus = await startScraping(program, [String(endpoint)])
    const firstValue = async (query: string) => (await prometheus.query(query))[0]?.value
    await until('the first scrape', () => firstValue(count))
    for (let i = 0; i < 5; i++) await sendRequests()
    await until('a scrape after the last request', async () => (await firstValue(`sum(${count})`)) === 24)

    const failed = `sum(rate(${count}{http_response_status_code=~"5.."}[1m]))`
    expect(await firstValue(`${failed} / sum(rate(${count}[1m]))`)).toBeCloseTo(1 / 4, 6)
    const exceptions = await prometheus.query(
      'sum by (error_type, http_route) (microposts_exception_total) > 0',
    )
    expect(exceptions).toEqual([
      { metric: { error_type: expect.any(String), http_route: '/api/users/:username' }, value: 6 },
    ])
  })

  it('reads an exposition about which promtool has no unexpected complaint', async (context) => {
    const promtool = requireProgram('promtool', context)
    const service = await startService()
    onTestFinished(() => service.stop())
    await buildPost(service, await buildUser(service))
    const exposition = await (await fetch(service.metricsUrl)).text()
    expect(lintExposition(promtool, exposition)).toEqual([])
  })
})
