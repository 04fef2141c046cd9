// The live view of a running service.
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type User } from '../../../harness/http/client.ts'
import { type Service, startService } from '../../../harness/service.ts'
import { until } from '../../../harness/until.ts'
import { CHARTS } from '../../../otel/live-view/page/charts.js'
import { FAMILIES, parseScrape } from '../../../otel/live-view/page/exposition.js'
import { useLiveView } from './support/live-view.ts'

const LIST = 'GET /api/users/:username/collection'
const USER = 'GET /api/users/:username'

let service: Service
let alice: User
const visit = useLiveView()
beforeAll(async () => {
  service = await startService()
  alice = await buildUser(service)
  await buildPost(service, alice)
})
afterAll(() => service.stop())

const list = () => call(service, 'GET', `/api/users/${alice.username}/collection`)
const times = (count: number, work: () => Promise<unknown>) =>
  Promise.all(Array.from({ length: count }, work))

describe('the live view of a service', () => {
  it('links to the service, whose client links back', async (context) => {
    const { page, complaints, open } = await visit(context, service.metricsUrl)
    await open()
    await page.getByRole('link', { name: 'Home' }).click()
    expect(page.url()).toBe(`${service.url}/`)
    await page.getByRole('link', { name: /live/ }).first().click()
    await page.getByRole('heading', { name: 'Live metrics' }).waitFor()
    expect(new URL(page.url()).origin).toBe(new URL(service.metricsUrl).origin)
    // The only requests to another host are those of the visit to the service.
    expect(complaints.filter((complaint) => !complaint.startsWith(service.url))).toEqual([])
  })

  it('links to the public address, and to no address that the browser cannot reach', async () => {
    const page = async (env: Record<string, string>, host: string) => {
      const { metricsUrl, stop } = await startService(env)
      const { hostname, port } = new URL(metricsUrl)
      const { promise, resolve } = Promise.withResolvers<string>()
      get({ hostname, port, headers: { Host: host } }, async (response) => resolve(await text(response)))
      return promise.finally(() => stop())
    }
    expect(await page({}, 'posts.example')).not.toContain('>Home</a>')
    expect(await page({ PUBLIC_URL: 'https://posts.example' }, 'metrics.example')).toContain(
      '<a href="https://posts.example/">Home</a>',
    )
    expect(await page({ HOST: '0.0.0.0' }, 'posts.example')).toMatch(
      /<a href="http:\/\/posts\.example:\d+\/">Home/,
    )
  })

  it('finds every metric that it draws', async () => {
    const scraped = await (await fetch(service.metricsUrl)).text()
    const { samples } = parseScrape(scraped, { atMs: 0, wallMs: 0 })
    const families = Object.keys(FAMILIES) as (keyof typeof FAMILIES)[]
    expect(families.filter((name) => samples[name].length === 0)).toEqual([])
  })

  it('shows totals after one scrape', async (context) => {
    const { open, says, row } = await visit(context, service.metricsUrl, '?every=15000')
    await open()
    await says('[role=status]', /^One scrape so far\. Rates need two\.$/)
    const none = { rate: '–', clientErrors: '–', serverErrors: '–', p50: '–', p95: '–', p99: '–' }
    expect(await row('POST /api/users')).toEqual({ ...none, total: '1' })
  })

  it('shows earlier requests, and new ones as they happen', async (context) => {
    const { page, complaints, open, says, isLive, figure, row, coloured } = await visit(
      context,
      service.metricsUrl,
    )
    await times(5, list)
    await open()
    await isLive()
    expect(await row(LIST)).toMatchObject({ rate: '0 /s', total: '5' })

    await times(20, list)
    await times(5, () => call(service, 'GET', '/api/users/nobody'))

    await until(`the row of ${USER}`, async () => (await row(USER))?.total === '5')
    const duration = expect.stringMatching(/^[\d.]+ (ms|s)$/)
    expect(await row(LIST)).toEqual({
      rate: expect.stringMatching(/^(?!0 )[\d.]+ \/s$/),
      clientErrors: '0 %',
      serverErrors: '0 %',
      p50: duration,
      p95: duration,
      p99: duration,
      total: '25',
    })
    expect(await row(USER)).toMatchObject({ clientErrors: '100 %', serverErrors: '0 %' })
    expect(Number.parseFloat(await figure('requests'))).toBeGreaterThan(0)
    expect(await figure('errors')).toBe('0 %')
    expect(await figure('p95')).toEqual(duration)
    expect(await figure('memory')).toMatch(/^\d+ MB$/)
    for (const chart of Object.keys(CHARTS)) {
      await until(`the chart of ${chart} is drawn`, async () => (await coloured(chart)) > 20)
    }
    expect(await page.locator('[data-chart=requests] .plot').getAttribute('aria-label')).toMatch(
      /^Requests: .*GET \/api\/users\/:username\/collection [\d.]+ \/s/,
    )

    await page.getByRole('button', { name: LIST, exact: true }).press('Enter')
    expect(await page.getByLabel('Charts for').inputValue()).toBe(LIST)
    await says('[data-chart=requests] ul', /^2xx\s[\d.]+ \/s\s3xx\s0 \/s/)
    await says('[data-chart=errors] ul', /^4xx\s0 \/s/)
    expect(complaints).toEqual([])
  })
})
