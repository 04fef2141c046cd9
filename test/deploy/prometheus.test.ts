// The questions that one asks a measured service, asked of a real Prometheus about traffic that is known.
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildPost, buildUser, call } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { type Prometheus, startPrometheus } from '../../harness/programs/prometheus.ts'
import { complaintsOf } from '../../harness/programs/promtool.ts'
import { runService, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

const count = 'http_server_request_duration_seconds_count'

async function scraping(program: string, metricsUrls: string[]): Promise<Prometheus> {
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

describe('a real Prometheus', () => {
  it('answers what was asked of the service, how fast it was and what it made', async (context) => {
    const program = requireProgram('prometheus', context)
    const service = await startService()
    onTestFinished(() => service.stop())
    const alice = await buildUser(service)
    const path = `/api/users/${alice.username}/collection`
    // A series has to be seen once before Prometheus can tell how it grows; in the proportions of what follows, so
    // that what it extrapolates cancels out.
    await buildPost(service, alice)
    for (let i = 0; i < 3; i++) await call(service, 'GET', path)
    const prometheus = await scraping(program, [service.metricsUrl])
    const value = async (query: string) => (await prometheus.query(query))[0]?.value
    const route = 'http_route="/api/users/:username/collection"'
    await until('the first scrape', () => value(`${count}{${route},http_request_method="GET"}`))

    for (let i = 0; i < 30; i++) await call(service, 'GET', path)
    for (let i = 0; i < 10; i++) await buildPost(service, alice)
    for (let i = 0; i < 5; i++) await call(service, 'GET', '/nothing/here')
    await until(
      'a scrape of all of it',
      async () => (await value(`${count}{${route},http_request_method="POST"}`)) === 11,
    )

    expect(await value('up{job="microposts"}')).toBe(1)
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
    expect(await value(ratio)).toBeCloseTo(30 / 10, 6)
    const byStatus = await prometheus.query(`sum by (http_response_status_code) (${count}{${route}})`)
    expect(byStatus.map(({ metric, value }) => [metric.http_response_status_code, value]).sort()).toEqual([
      ['200', 33],
      ['201', 11],
    ])
    const p95 = await value(
      `histogram_quantile(0.95, sum by (le, http_route) (rate(http_server_request_duration_seconds_bucket{${route}}[1m])))`,
    )
    expect(p95).toBeGreaterThan(0)
    expect(p95).toBeLessThan(2.5)
    expect(await value('sum(microposts_post_created_total)')).toBe(11)
  })

  it('answers which share failed, and why', async (context) => {
    const program = requireProgram('prometheus', context)
    const service = runService({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/posts' })
    onTestFinished(() => {
      service.kill('SIGKILL')
    })
    const target = { url: String((await service.logged('listening')).url) }
    const { endpoint } = await service.logged('metrics exported')
    const ask = async () => {
      for (let i = 0; i < 3; i++) expect(await call(target, 'GET', '/livez')).toMatchObject({ status: 200 })
      expect(await call(target, 'GET', '/api/users/alice')).toMatchObject({ status: 503 })
    }
    await ask()
    const prometheus = await scraping(program, [String(endpoint)])
    const value = async (query: string) => (await prometheus.query(query))[0]?.value
    await until('the first scrape', () => value(count))
    for (let i = 0; i < 5; i++) await ask()
    await until('a scrape of all of it', async () => (await value(`sum(${count})`)) === 24)

    const failed = `sum(rate(${count}{http_response_status_code=~"5.."}[1m]))`
    expect(await value(`${failed} / sum(rate(${count}[1m]))`)).toBeCloseTo(1 / 4, 6)
    const exceptions = await prometheus.query(
      'sum by (error_type, http_route) (microposts_exception_total) > 0',
    )
    expect(exceptions).toEqual([
      { metric: { error_type: expect.any(String), http_route: '/api/users/:username' }, value: 6 },
    ])
  })

  it('has no complaint but the one about a name that the semantic conventions set', async (context) => {
    const promtool = requireProgram('promtool', context)
    const service = await startService()
    onTestFinished(() => service.stop())
    await buildPost(service, await buildUser(service))
    const page = await (await fetch(service.metricsUrl)).text()
    expect(complaintsOf(promtool, page)).toEqual([])
  })
})
