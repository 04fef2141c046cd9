import { Agent } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLog } from '../../../harness/log.ts'
import { startPullEndpoint } from '../../../otel/pull/endpoint.ts'
import { startScraped } from './support/scraped.ts'

const textType = 'text/plain; version=0.0.4; charset=utf-8'

describe('GET /metrics', () => {
  it('responds with the recorded values, their scope and target_info', async () => {
    const { meter, ask } = await startScraped()
    meter.createCounter('jobs', { description: 'Jobs done.' }).add(3, { kind: 'big' })

    const { status, headers, body } = await ask()

    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': textType,
      'content-length': String(body.length),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      vary: 'Accept, Accept-Encoding',
    })
    expect(headers).not.toHaveProperty('server')
    expect(headers).not.toHaveProperty('x-powered-by')
    expect(body.toString()).toContain(
      [
        '# TYPE target_info gauge',
        '# HELP target_info The resource of the metrics.',
        'target_info{service_instance_id="one",service_name="microposts"} 1',
        '# TYPE jobs_total counter',
        '# HELP jobs_total Jobs done.',
        'jobs_total{kind="big",otel_scope_name="test"} 3',
        '',
      ].join('\n'),
    )
  })

  it.each([
    ['gzip', true],
    ['gzip, deflate, br', true],
    ['br;q=1, *;q=0.1', true],
    ['identity;q=0.5, gzip;q=0.5', true],
    ['identity, gzip;q=0.5', false],
    ['gzip;q=0, *', false],
    ['deflate', false],
    ['', false],
  ])('compresses for Accept-Encoding %j: %s', async (encoding, compressed) => {
    const { meter, ask } = await startScraped()
    meter.createCounter('jobs').add(3)

    const { headers, body } = await ask({ headers: { 'accept-encoding': encoding } })

    expect(headers['content-encoding']).toBe(compressed ? 'gzip' : undefined)
    expect((compressed ? gunzipSync(body) : body).toString()).toContain(
      'jobs_total{otel_scope_name="test"} 3\n',
    )
  })

  it('keeps connections open for longer than a scrape interval', async () => {
    const { ask } = await startScraped()
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())

    const first = await ask({ agent })
    const second = await ask({ agent })

    expect(first.headers['keep-alive']).toBe('timeout=75')
    expect(second.port).toBe(first.port)
  })

  it('records its own metrics', async () => {
    const { ask, families } = await startScraped()
    const { body } = await ask({ headers: { 'accept-encoding': 'gzip' } })

    const found = await families()

    const scope = { otel_scope_name: 'microposts', otel_scope_version: '0.1.0' }
    expect(found.get('microposts_scrape_size_bytes')?.samples).toEqual([
      { name: 'microposts_scrape_size_bytes', labels: scope, value: gunzipSync(body).length },
    ])
    expect(found.get('microposts_scrape_failures_total')?.samples).toEqual([
      { name: 'microposts_scrape_failures_total', labels: scope, value: 0 },
    ])
    expect(found.get('microposts_scrape_duration_seconds')?.samples).toContainEqual({
      name: 'microposts_scrape_duration_seconds_count',
      labels: scope,
      value: 1,
    })
  })
})

describe('HEAD /metrics', () => {
  it('responds like GET, without a body', async () => {
    const { ask } = await startScraped()
    await ask()

    const { status, headers, body } = await ask({ method: 'HEAD' })

    expect([status, headers['content-type'], body.length]).toEqual([200, textType, 0])
    expect(Number(headers['content-length'])).toBeGreaterThan(100)
  })
})

describe('a request to another path or with another method', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'is refused with 405 and collects nothing: %s',
    async (method) => {
      const { ask, meter } = await startScraped()
      let collections = 0
      meter.createObservableGauge('size').addCallback(() => void collections++)

      const { status, headers } = await ask({ method })

      expect([status, headers.allow, collections]).toEqual([405, 'GET, HEAD', 0])
    },
  )

  it.each(['/metric', '/metrics/', '/METRICS', '//metrics', '/%6Detrics', '*'])(
    'is refused with 404: %s',
    async (path) => {
      const { ask } = await startScraped()
      expect((await ask({ path, method: path === '*' ? 'OPTIONS' : 'GET' })).status).toBe(404)
    },
  )

  it.each(['/metrics?name[]=up', 'http://elsewhere/metrics', '/metrics#x'])(
    'is not refused for the query or form of the URL: %s',
    async (path) => {
      const { ask } = await startScraped()
      expect((await ask({ path })).status).toBe(200)
    },
  )
})

describe('METRICS_TOKEN', () => {
  it.each([undefined, 'Bearer', 'Bearer wrong', 'Bearer secret secret', 'Basic secret', 'secret'])(
    'rejects the Authorization header %s',
    async (authorization) => {
      const { ask } = await startScraped({ token: 'secret' })
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization }

      const { status, headers: responseHeaders, body } = await ask({ headers })

      expect([status, responseHeaders['www-authenticate']]).toEqual([401, 'Bearer'])
      expect(body.toString()).not.toContain('target_info')
    },
  )

  it('accepts the token, and needs none for the live view', async () => {
    const { ask } = await startScraped({ token: 'secret' })

    expect((await ask({ headers: { authorization: 'bearer secret' } })).status).toBe(200)
    expect((await ask({ path: '/' })).status).toBe(200)
  })
})

describe('the start of the endpoint', () => {
  it('returns the actual port', async () => {
    const { url, port } = await startScraped()
    expect(port).toBeGreaterThan(0)
    expect(url).toBe(`http://127.0.0.1:${port}/metrics`)
  })

  it('fails with a reason when it cannot listen', async () => {
    const { port } = await startScraped()
    const start = (host: string) => startPullEndpoint({ host, port, log: silentLog })

    await expect(start('127.0.0.1')).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port}: another process listens there.`,
    )
    await expect(start('192.0.2.1')).rejects.toThrow(
      `Cannot listen on 192.0.2.1:${port}: this machine has no such address.`,
    )
  })
})
