// Addresses, the browser's history, and the keyboard.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildPost, buildUser, call } from '../../../harness/http/client.ts'
import { type Service, startService } from '../../../harness/service.ts'
import { growth } from '../../../harness/telemetry/scrape.ts'
import { until } from '../../../harness/until.ts'
import { useClient } from './support/client.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
const open = useClient()

const html = { headers: { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' } }

describe('addresses', () => {
  it('show the same after a reload, each with its title', async (context) => {
    const alice = await buildUser(service, { displayName: 'Alice Liddell' })
    const post = await buildPost(service, alice, { text: 'A deep post' })
    const { page, go } = await open(context, service, { as: alice })
    for (const [path, heading, title] of [
      ['/explore', 'Explore', 'Explore'],
      ['/search?q=deep', 'deep', 'Search: deep'],
      [`/@${alice.username}`, 'Alice Liddell', `Alice Liddell (@${alice.username})`],
      [`/@${alice.username}/mentions`, 'Alice Liddell', `Alice Liddell (@${alice.username})`],
      [`/@${alice.username}/${post.id}`, 'Post', `Post by @${alice.username}`],
      ['/settings', 'Settings', 'Settings'],
    ] as const) {
      await go(path)
      await page.getByRole('heading', { level: 1 }).filter({ hasText: heading }).waitFor()
      await until(`the title of ${path}`, async () => (await page.title()) === `${title} · microposts`)
    }
  })

  it('lead people who are not logged in from the settings to the login page, and back', async (context) => {
    const alice = await buildUser(service)
    const { page, box, button, arrived } = await open(context, service, { path: '/settings' })
    await arrived('/login')
    await box('Username').fill(alice.username)
    await page.getByLabel('Password').fill(alice.password)
    await button('Log in').click()
    await arrived('/settings')
    await page.goto(new URL('/signup', service.url).href)
    await arrived('/')
  })

  it('that do not exist are pages with status 404 for browsers, and problems for programs', async (context) => {
    const missing = [
      '/nowhere',
      '/@alice/nothing',
      '/@not%20a%20name',
      '/assets/old/app/main.js',
      '/docs/nothing',
    ]
    for (const path of missing) {
      const page = await call(service, 'GET', path, html)
      expect(page).toMatchObject({ status: 404, text: expect.stringMatching(/^<!doctype html>/) })
      expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
      expect(page.headers.get('Cache-Control')).toBe('no-store')
      for (const Accept of ['', '*/*', 'application/json, */*;q=0.9']) {
        const problem = await call(service, 'GET', path, { headers: { Accept } })
        expect(problem).toMatchObject({ status: 404, body: { type: '/problems/not-found' } })
        expect(problem.headers.get('Content-Type')).toBe('application/problem+json')
      }
    }
    expect((await call(service, 'GET', '/api/nothing', html)).headers.get('Content-Type')).toBe(
      'application/problem+json',
    )
    const refused = await call(service, 'DELETE', '/explore', html)
    expect(refused).toMatchObject({
      status: 405,
      text: expect.stringContaining('<h1>Method not allowed</h1>'),
    })

    const { page, heading, link, go, arrived } = await open(context, service, { path: '/nowhere' })
    await heading('Page not found').waitFor()
    expect(await page.title()).toBe('Page not found · microposts')
    for (const path of ['/@nobody-is-called-so', '/@nobody/019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10']) {
      await go(path)
      await heading('Page not found').waitFor()
    }
    await link('Back to the posts').click()
    await arrived('/')
  })

  it('are measured by their templates', async () => {
    const { username } = await buildUser(service)
    const count = (route: string, path: string) =>
      growth(
        service,
        'http_server_request_duration_seconds_count',
        { http_route: route, http_response_status_code: '200' },
        async () => {
          await call(service, 'GET', path)
        },
      )
    expect(await count('/', '/')).toBe(1)
    expect(await count('/@:username', `/@${username}`)).toBe(1)
    expect(await count('/@:username/followers', `/@${username}/followers`)).toBe(1)
    expect(await count('/search', '/search?q=x')).toBe(1)
  })
})

describe('the live view', () => {
  it('is linked where it can be reached', async (context) => {
    const unmeasured = await startService({ OTEL_METRICS_EXPORTER: 'none' })
    onTestFinished(() => unmeasured.stop())
    const { link, settled } = await open(context, service)
    await settled()
    expect(await link('Watch the live view').getAttribute('href')).toBe(new URL('/', service.metricsUrl).href)

    const without = await open(context, unmeasured)
    await without.settled()
    expect(await without.page.getByText('measured').count()).toBe(0)
  })
})

describe('the history', () => {
  it('shows lists as they were left, without loading them again', async (context) => {
    const alice = await buildUser(service)
    for (let i = 1; i <= 30; i++) await buildPost(service, alice, { text: `Post ${i}.` })
    const { page, button, article, texts, arrived } = await open(context, service, {
      path: `/@${alice.username}`,
    })
    await button('Load more').click()
    await article('Post 1.').last().scrollIntoViewIfNeeded()
    await until('the scroll', () => page.evaluate(() => scrollY > 500))
    await article('Post 2.').last().locator('time').click()
    await page.getByRole('heading', { level: 1, name: 'Post' }).waitFor()
    expect(await page.evaluate(() => scrollY)).toBe(0)
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    await page.goBack()
    await arrived(`/@${alice.username}`)
    await until('the posts', async () => (await texts()).length === 30)
    expect(await page.evaluate(() => scrollY)).toBeGreaterThan(500)
    expect(requests.filter((url) => url.includes('collection'))).toEqual([])
    await page.goForward()
    await page.getByRole('heading', { level: 1, name: 'Post' }).waitFor()
  })

  it('moves the focus to the heading of a page that somebody goes to', async (context) => {
    const { link, heading, box } = await open(context, service)
    await link('Explore').click()
    await until('the focus', () =>
      heading('Explore').evaluate((element) => element === document.activeElement),
    )
    await link('Log in').click()
    await until('the focus', () => box('Username').evaluate((element) => element === document.activeElement))
  })
})

describe('the keyboard', () => {
  it('is enough', async (context) => {
    const alice = await buildUser(service)
    const { page, arrived, article, box } = await open(context, service, { path: '/login' })
    const { keyboard } = page
    const isFocused = (name: string) =>
      page.evaluate(() => document.activeElement?.textContent?.trim() ?? '').then((text) => text === name)
    const tabTo = async (name: string) => {
      for (let i = 0; i < 30; i++) {
        if (await isFocused(name)) return
        await keyboard.press('Tab')
      }
      throw new Error(`Tab does not reach ${name}.`)
    }
    await until('the focus', () => box('Username').evaluate((element) => element === document.activeElement))
    await keyboard.type(alice.username)
    await keyboard.press('Tab')
    await keyboard.type(alice.password)
    await keyboard.press('Enter')
    await arrived('/')
    await keyboard.press('Tab')
    await keyboard.type('Typed, not clicked')
    await keyboard.press('Control+Enter')
    await article('Typed, not clicked').getByText('now').waitFor()
    await keyboard.type('Second')
    await tabTo('Post')
    await keyboard.press('Enter')
    await article('Second').getByText('now').waitFor()

    await article('Second').focus()
    await keyboard.press('PageDown')
    expect(await article('Typed').evaluate((element) => element === document.activeElement)).toBe(true)
    await keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Post' }).waitFor()
    await tabTo('Delete')
    await keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    expect(await isFocused('Cancel')).toBe(true)
    await keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await article('Typed, not clicked').waitFor()
  })

  it('reaches the content first', async (context) => {
    const { page } = await open(context, service, { path: '/explore' })
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
  })
})
