// The live view at `/` of the pull endpoint: how it is served, and how it handles failing and restarting targets.
import { gunzipSync } from 'node:zlib'
import type { Meter } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRelay } from '../../../harness/http/relay.ts'
import { until } from '../../../harness/until.ts'
import { createCollected, createDefaultWriter } from '../pull/support/collected.ts'
import { startScraped } from '../pull/support/scraped.ts'
import { useLiveView } from './support/live-view.ts'

const HTML = 'text/html; charset=utf-8'

describe('GET /', () => {
  it('is an HTML page that loads nothing from other hosts', async () => {
    const { ask } = await startScraped()

    const { status, headers, body } = await ask({ path: '/' })

    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': HTML,
      'content-length': String(body.length),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
      'content-security-policy':
        "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self'",
      vary: 'Accept-Encoding',
    })
    expect(body.toString()).toContain('href="/metrics"')
    expect(body.toString().replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//)
  })

  it('is compressed on request', async () => {
    const { ask } = await startScraped()
    const plain = await ask({ path: '/' })

    const { headers, body } = await ask({ path: '/', headers: { 'accept-encoding': 'gzip, br' } })

    expect(headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(body)).toEqual(plain.body)
  })

  it('is not sent again to a client that has it', async () => {
    const { ask } = await startScraped()
    const { headers } = await ask({ path: '/' })

    const again = await ask({ path: '/', headers: { 'if-none-match': String(headers.etag) } })
    const other = await ask({ path: '/', headers: { 'if-none-match': '"another"' } })

    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag])
    expect(other.status).toBe(200)
  })

  it('supports HEAD, and no other methods', async () => {
    const { ask } = await startScraped()
    const { headers: got } = await ask({ path: '/' })

    const { status, headers, body } = await ask({ path: '/', method: 'HEAD' })

    expect([status, body.length]).toEqual([200, 0])
    expect({ ...headers, date: '' }).toEqual({ ...got, date: '' })
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const refused = await ask({ path: '/', method })
      expect([refused.status, refused.headers.allow]).toEqual([405, 'GET, HEAD'])
    }
  })

  it.each([
    '/live',
    '/live/',
    '/live/index.html',
    '/index.html',
    '/live/constructor',
    '/live/../live-view.ts',
    '/live/..%2Flive-view.ts',
    '/live/style.css/',
    '/style.css',
  ])('does not serve %s', async (path) => {
    const { ask } = await startScraped()
    expect((await ask({ path })).status).toBe(404)
  })

  it('and its assets require no token', async () => {
    const { ask } = await startScraped({ token: 'secret' })
    for (const path of ['/', '/?every=500', '/live/style.css'])
      expect([path, (await ask({ path })).status]).toEqual([path, 200])
  })
})

describe('in a browser', () => {
  const visit = useLiveView()

  /** An endpoint with a histogram of request durations; `recordRequests` adds to it. */
  async function startWithRequests() {
    const scraped = await startScraped()
    return { ...scraped, recordRequests: requestRecorder(scraped.meter) }
  }

  function requestRecorder(meter: Meter) {
    const duration = meter.createHistogram('http.server.request.duration', { unit: 's' })
    const attributes = { 'http.route': '/a', 'http.request.method': 'GET', 'http.response.status_code': 200 }
    return (count: number) => {
      for (let index = 0; index < count; index++) duration.record(0.01, attributes)
    }
  }

  it('loads less than 100 kB of scripts', async (context) => {
    const { url } = await startScraped()
    const { page, open, isLive } = await visit(context, url)
    const sizes: Promise<number>[] = []
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script')
        sizes.push(response.body().then(({ length }) => length))
    })

    await open()
    await isLive()

    const all = await Promise.all(sizes)
    expect(all.length).toBeGreaterThan(5)
    expect(all.reduce((sum, size) => sum + size)).toBeLessThan(100_000)
  })

  it.for([
    ['light', 'rgb(248, 247, 244)'],
    ['dark', 'rgb(16, 17, 19)'],
  ] as const)('fits a phone, in the %s colour scheme', async ([colorScheme, background], context) => {
    const { url, recordRequests } = await startWithRequests()
    recordRequests(1)
    const options = { viewport: { width: 360, height: 740 }, colorScheme }
    const { page, open, isLive } = await visit(context, url, '?every=250', options)

    await open()
    await isLive()

    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(background)
  })

  it('says what to do as long as there are no requests', async (context) => {
    const { url } = await startScraped()
    const { complaints, open, says, figure } = await visit(context, url, '?every=15000')
    await open()
    await says('[role=status]', /^One scrape so far\. Rates need two\.$/)
    await says('#routes', /npm run demo/)
    expect(await figure('requests')).toBe('–')
    expect(complaints).toEqual([])
  })

  it('asks for the token, and keeps it in the tab', async (context) => {
    const { url } = await startScraped({ token: 'secret' })
    const { page, complaints, open, says, isLive } = await visit(context, url)
    await open()
    const field = page.getByLabel('Token')
    await field.waitFor()
    expect(await field.getAttribute('type')).toBe('password')
    await says('[role=status]', /^The metrics require a token\.$/)
    await says('[role=alert]', /^$/)

    await field.fill('wrong')
    await field.press('Enter')
    await says('[role=alert]', /^The token is wrong\.$/)

    await field.fill('secret')
    await field.press('Enter')
    await isLive()
    expect(await field.isVisible()).toBe(false)
    await page.reload()
    await isLive()
    expect(page.url()).not.toContain('secret')
    // Chromium logs each 401.
    expect(complaints.filter((text) => !/status of 401/.test(text))).toEqual([])
  })

  it('uses a token that was entered during a scrape without one', async (context) => {
    const { url } = await startScraped({ token: 'secret' })
    const { page, open, isLive } = await visit(context, url)
    const entered = Promise.withResolvers<void>()
    let scrapes = 0
    await page.route(url, async (route) => {
      if (++scrapes === 2) await entered.promise
      await route.continue()
    })
    await open()
    const field = page.getByLabel('Token')
    await field.fill('secret')
    await until('the second scrape has started', () => scrapes === 2)

    await field.press('Enter')
    entered.resolve()

    await isLive()
  })

  it('reports a failed scrape, keeps its data, and recovers', async (context) => {
    const { meter, port, recordRequests } = await startWithRequests()
    let isFailing = false
    meter.createObservableGauge('size').addCallback(() => {
      if (isFailing) throw new Error('no size')
    })
    recordRequests(1)
    const relay = createRelay(port)
    await relay.start()
    onTestFinished(() => relay.stop())
    const { open, says, isLive, row } = await visit(context, `http://127.0.0.1:${relay.port()}/metrics`)
    await open()
    await isLive()

    isFailing = true
    await says(
      '[role=status]',
      /^Response 503: The metrics could not be collected.*Retrying every 0.25 s\. Showing data from \d\d:\d\d:\d\d\.$/,
    )
    expect(await row('GET /a')).toMatchObject({ total: '1' })
    isFailing = false
    await isLive()

    await relay.stop()
    await says('[role=status]', /^No response/)
    expect(await row('GET /a')).toMatchObject({ total: '1' })
    await relay.start()
    await isLive()
  })

  it('does not scrape while the page is hidden, and has no spike afterwards', async (context) => {
    const { url, recordRequests } = await startWithRequests()
    const { page, open, says, figure } = await visit(context, url, '')
    let scrapes = 0
    page.on('request', (request) => {
      if (request.url() === url) scrapes++
    })
    const setHidden = (isHidden: boolean) =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} });
         document.dispatchEvent(new Event('visibilitychange'))`,
      )
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + 3_600_000)
    await open()
    await says('[role=status]', /^One scrape so far/)

    await setHidden(true)
    await page.clock.runFor(60_000)
    recordRequests(30)
    expect(scrapes).toBe(1)

    await setHidden(false)
    await until('the second scrape', () => scrapes === 2)
    await says('#routes', /30/)
    await says('[role=status]', /^One scrape so far/)
    expect(await figure('requests')).toBe('–')
    // The page's time stands still, also after a scrape that failed, so the test moves it until the next one succeeds.
    await until('the page is live', async () => {
      await page.clock.runFor(2_000)
      return (await page.locator('[role=status]').innerText()).startsWith('Live')
    })
    expect(await figure('requests')).toBe('0 /s')
  })

  it('adds up several processes, one of which ends', async (context) => {
    const { url } = await startScraped()
    const [one, two] = [startProcess('one'), startProcess('two')]
    const exposition = createDefaultWriter()
    let running = [one, two]
    const { page, complaints, open, says, isLive, row } = await visit(context, url)
    await page.route(url, async (route) => {
      const sources = await Promise.all(running.map(({ source }) => source()))
      const body = await exposition.write(sources, {
        format: 'text',
        escaping: 'underscores',
        labelInstances: true,
      })
      await route.fulfill({ body, contentType: 'text/plain; version=0.0.4' })
    })
    one.recordRequests(3)
    two.recordRequests(40)
    await open()
    await isLive()
    await says('.details', /2 processes/)
    expect(await row('GET /a')).toMatchObject({ rate: '0 /s', total: '43' })

    two.recordRequests(10)
    await until('the total of both processes', async () => (await row('GET /a'))?.total === '53')
    running = [one]
    await says('.details', /1 process/)
    one.recordRequests(1)
    await until('the total of one process', async () => (await row('GET /a'))?.total === '4')
    // The end of the other process must not appear as a negative rate.
    expect(Number.parseFloat((await row('GET /a'))?.rate ?? '')).toBeGreaterThan(0)
    expect(complaints).toEqual([])
  })

  function startProcess(id: string) {
    const collected = createCollected({ resource: resourceFromAttributes({ 'service.instance.id': id }) })
    return {
      recordRequests: requestRecorder(collected.meter()),
      source: () => collected.source(),
    }
  }
})
