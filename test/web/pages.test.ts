// The HTML pages for developers: the interactive API reference and the problem types.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { call, uniqueName } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { startBrowser } from '../support/browser.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

describe('HTML pages', () => {
  it.each(['/docs', '/problems', '/problems/forbidden'])(
    '%s is HTML and loads nothing from other hosts',
    async (path) => {
      const { status, headers, text } = await call(service, 'GET', path)
      expect(status).toBe(200)
      expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8')
      expect(text).toMatch(/^<!doctype html>\n<html lang="en">/)
      // An absolute URL would point to another host.
      expect(text).not.toMatch(/https?:\/\//)
      const policy = headers.get('Content-Security-Policy')?.split(';')
      for (const directive of [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'none'",
        "base-uri 'none'",
      ])
        expect(policy).toContain(directive)
      expect(headers.get('Content-Security-Policy')).not.toMatch(
        /unsafe-eval|script-src[^;]*unsafe-inline|\*|http/,
      )
    },
  )

  it('the list of problem types links to a page for each, which names its status', async () => {
    const { text } = await call(service, 'GET', '/problems')
    const rows = [...text.matchAll(/<td>(\d{3})<td><a href="(\/problems\/[a-z-]+)">([^<]+)</g)]
    expect(rows.length).toBeGreaterThan(15)
    for (const [, status, path = '', title] of rows) {
      const page = await call(service, 'GET', path)
      expect(page.text).toContain(`<h1>${title}</h1>`)
      expect(page.text).toContain(`Status ${status}, type <code>${path}</code>`)
    }
  })

  it('do not exist under other paths', async () => {
    for (const path of [
      '/docs/',
      '/docs/index.html',
      '/docs/..%2Fpackage.json',
      '/docs/package.json',
      '/index.html',
    ])
      expect(await call(service, 'GET', path)).toMatchObject({ status: 404 })
  })
})

describe('GET /docs/:file', () => {
  it.each([
    ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['swagger-ui.css', 'text/css; charset=utf-8'],
  ])('%s is cached for a day and revalidated by its entity tag', async (file, type) => {
    const first = await call(service, 'GET', `/docs/${file}`)
    expect(first.status).toBe(200)
    expect(first.headers.get('Content-Type')).toBe(type)
    expect(first.headers.get('Cache-Control')).toBe('public, max-age=86400')
    const headers = { 'If-None-Match': first.headers.get('ETag') ?? '' }
    const second = await call(service, 'GET', `/docs/${file}`, { headers })
    expect(second).toMatchObject({ status: 304, text: '' })
    expect(second.headers.get('Cache-Control')).toBe('public, max-age=86400')
  })

  it('compresses the file for clients that accept gzip', async () => {
    const request = (method: string, encoding: string) =>
      call(service, method, '/docs/swagger-ui-bundle.js', { headers: { 'Accept-Encoding': encoding } })
    const [plain, gzipped] = [await request('GET', 'identity'), await request('GET', 'gzip')]
    const head = await request('HEAD', 'gzip')

    expect(gzipped.text).toBe(plain.text)
    expect(gzipped.headers.get('Content-Encoding')).toBe('gzip')
    expect(Number(gzipped.headers.get('Content-Length'))).toBeLessThan(600_000)
    expect(plain.headers.get('Content-Encoding')).toBeNull()
    for (const { headers } of [plain, gzipped]) expect(headers.get('Vary')).toBe('Accept-Encoding')
    for (const name of ['Content-Encoding', 'Content-Length', 'Content-Type', 'ETag', 'Vary'])
      expect([name, head.headers.get(name)]).toEqual([name, gzipped.headers.get(name)])
    expect(gzipped.headers.get('ETag')).not.toBe(plain.headers.get('ETag'))
  })

  it('varies by encoding and origin with CORS_ORIGIN', async () => {
    const withCors = await startService({ CORS_ORIGIN: 'https://a.example' })
    onTestFinished(() => withCors.stop())
    const { headers } = await call(withCors, 'GET', '/docs/swagger-ui.css')
    expect(headers.get('Vary')).toBe('Origin, Accept-Encoding')
  })
})

describe('in a browser', () => {
  /** Opens a page and collects warnings, errors, and requests to other hosts. */
  async function browse(context: TestContext, path: string): Promise<{ page: Page; complaints: string[] }> {
    const browser = await startBrowser(context)
    onTestFinished(() => browser.close())
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url())
      if (protocol !== 'data:' && origin !== service.url) complaints.push(request.url())
    })
    await page.goto(new URL(path, service.url).href)
    return { page, complaints }
  }

  it('the API reference shows every operation and can send its request', async (context) => {
    const { page, complaints } = await browse(context, '/docs')
    await page.locator('.opblock').first().waitFor()
    const { body: document } = await call(service, 'GET', '/openapi.json')
    const operations = Object.values<object>(document.paths).flatMap((methods) => Object.keys(methods))
    expect(await page.locator('.opblock').count()).toBe(operations.length)

    const signUp = page.locator('#operations-Users-postUsers')
    await signUp.locator('.opblock-summary-control').click()
    await signUp.locator('.try-out__btn').click()
    const username = uniqueName()
    await signUp.locator('textarea').fill(JSON.stringify({ username, password: 'correct horse battery' }))
    await signUp.locator('.execute').click()
    const live = signUp.locator('.live-responses-table')
    await live.waitFor()
    expect(await live.locator('.response-col_status').last().innerText()).toMatch(/^201/)
    expect(await call(service, 'GET', `/api/users/${username}`)).toMatchObject({ status: 200 })
    expect(complaints).toEqual([])
  })

  it('the API reference sends the entered token with requests that require one', async (context) => {
    const { page, complaints } = await browse(context, '/docs')
    const credentials = { username: uniqueName(), password: 'correct horse battery' }
    await call(service, 'POST', '/api/users', { json: credentials })
    const { token } = (await call(service, 'POST', '/api/login', { json: credentials })).body
    await page.locator('.btn.authorize').click()
    await page.locator('.auth-container input').fill(token)
    await page.locator('.auth-btn-wrapper .authorize').click()
    await page.locator('.close-modal').click()
    const sessions = page.locator('#operations-Sessions-getSessions')
    await sessions.locator('.opblock-summary-control').click()
    await sessions.locator('.try-out__btn').click()
    await sessions.locator('.execute').click()
    const live = sessions.locator('.live-responses-table')
    await live.waitFor()
    expect(await live.locator('.response-col_status').last().innerText()).toMatch(/^200/)
    expect(complaints).toEqual([])
  })

  it('the other pages have their style and link to each other', async (context) => {
    const { page, complaints } = await browse(context, '/problems')
    await page.getByRole('link', { name: 'Too many requests' }).click()
    expect(await page.locator('h1').innerText()).toBe('Too many requests')
    expect(
      await page.locator('main').evaluate('getComputedStyle(document.querySelector("main")).maxWidth'),
    ).toBe('672px')
    await page.getByRole('link', { name: 'microposts' }).click()
    await page.getByRole('link', { name: 'API', exact: true }).click()
    await page.locator('.opblock').first().waitFor()
    expect(complaints).toEqual([])
  })
})
