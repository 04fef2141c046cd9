// The live view on the pull endpoint's `/`.
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { startScraped } from './support/scraped.ts'

const HTML = 'text/html; charset=utf-8'

describe('GET /', () => {
  it('is a page that may load nothing from elsewhere', async () => {
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
        "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src data:;base-uri 'none';form-action 'none';frame-ancestors 'none'",
      vary: 'Accept-Encoding',
    })
    expect(body.toString()).toContain('href="/metrics"')
    expect(body.toString().replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\//)
  })

  it('is compressed when that is asked for', async () => {
    const { ask } = await startScraped()
    const plain = await ask({ path: '/' })

    const { headers, body } = await ask({ path: '/', headers: { 'accept-encoding': 'gzip, br' } })

    expect(headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(body)).toEqual(plain.body)
  })

  it('is not sent again to who has it', async () => {
    const { ask } = await startScraped()
    const { headers } = await ask({ path: '/' })

    const again = await ask({ path: '/', headers: { 'if-none-match': String(headers.etag) } })
    const other = await ask({ path: '/', headers: { 'if-none-match': '"another"' } })

    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, headers.etag])
    expect(other.status).toBe(200)
  })

  it('has a head of its own, and no other methods', async () => {
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
  ])('brings no %s', async (path) => {
    const { ask } = await startScraped()
    expect((await ask({ path })).status).toBe(404)
  })

  it('and what it loads need no token', async () => {
    const { ask } = await startScraped({ token: 'secret' })
    for (const path of ['/', '/?every=500', '/live/style.css'])
      expect([path, (await ask({ path })).status]).toEqual([path, 200])
  })
})
