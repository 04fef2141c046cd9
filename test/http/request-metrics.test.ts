// The HTTP metrics: durations, body sizes, active requests.
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildUser, call, type Target } from '../../harness/http/client.ts'
import { runService, type Service, startService } from '../../harness/service.ts'
import { scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { exchange, open, requestText } from './support/raw.ts'

const duration = 'http_server_request_duration_seconds_count'
type Labels = Record<string, string>
type Grown = { labels: Labels; value: number }

let service: Service
beforeAll(async () => {
  service = await startService()
  // The first call also fetches the OpenAPI document, against which `call` checks responses.
  await recorded(2, () => call(service, 'GET', '/livez'))
})
afterAll(() => service.stop())

async function recordsOf(target: { metricsUrl: string }, name: string): Promise<Map<string, Grown>> {
  const page = await scrape(target)
  return new Map(
    page.series(name).map(({ labels: { otel_scope_name, otel_scope_version, ...labels }, value }) => {
      return [JSON.stringify(labels), { labels, value }]
    }),
  )
}

/** The series that grow during `work`, which sends `requests` requests, with their growth and without scope labels. */
async function recorded(
  requests: number,
  work: () => Promise<unknown>,
  { name = duration, target = service }: { name?: string; target?: { metricsUrl: string } } = {},
): Promise<Grown[]> {
  const before = await recordsOf(target, name)
  await work()
  // The service records a request shortly after the client has the response.
  return until('the records', async () => {
    const grown = Array.from(await recordsOf(target, name), ([key, { labels, value }]) => {
      return { labels, value: value - (before.get(key)?.value ?? 0) }
    }).filter(({ value }) => value !== 0)
    return grown.reduce((sum, { value }) => sum + value, 0) >= requests && grown
  })
}

const labels200 = {
  http_request_method: 'GET',
  http_response_status_code: '200',
  network_protocol_version: '1.1',
  url_scheme: 'http',
}

describe('http.server.request.duration', () => {
  it('has only the documented attributes, whatever headers a client sends', async () => {
    const headers = {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'gopher',
      Forwarded: 'host=worse.example;proto=gopher',
      'User-Agent': 'x',
    }
    const records = await recorded(2, async () => {
      await call(service, 'GET', '/problems/forbidden?a=b')
      await call(service, 'GET', '/problems/not-found', { headers })
    })
    expect(records).toEqual([{ labels: { ...labels200, http_route: '/problems/:code' }, value: 2 }])
  })

  it('has the bucket boundaries of the semantic conventions', async () => {
    await call(service, 'GET', '/livez')
    const page = await until('its record', async () => {
      const scraped = await scrape(service)
      return scraped.sum(duration, { http_route: '/livez' }) > 0 && scraped
    })
    const bounds = page
      .series('http_server_request_duration_seconds_bucket', { http_route: '/livez' })
      .map(({ labels }) => labels.le)
    expect(bounds.join(' ')).toBe('0.005 0.01 0.025 0.05 0.075 0.1 0.25 0.5 0.75 1.0 2.5 5.0 7.5 10.0 +Inf')
  })

  it('has no route for an unknown path, a method that the path does not support, and OPTIONS', async () => {
    const records = await recorded(3, async () => {
      await call(service, 'GET', '/no/such/path')
      await call(service, 'DELETE', '/livez')
      await call(service, 'OPTIONS', '/livez')
    })
    const expected = [
      ['GET', '404'],
      ['DELETE', '405'],
      ['OPTIONS', '204'],
    ].map(([method = '', status = '']) => ({
      labels: { ...labels200, http_request_method: method, http_response_status_code: status },
      value: 1,
    }))
    expect(records).toEqual(expect.arrayContaining(expected))
    expect(records).toHaveLength(3)
  })

  it('has the route of a request that was refused before its handler or names a missing resource', async () => {
    const records = await recorded(2, async () => {
      await call(service, 'GET', '/api/sessions')
      await call(service, 'GET', '/api/users/nobody-is-so')
    })
    expect(records).toEqual([
      { labels: { ...labels200, http_route: '/api/sessions', http_response_status_code: '401' }, value: 1 },
      {
        labels: { ...labels200, http_route: '/api/users/:username', http_response_status_code: '404' },
        value: 1,
      },
    ])
  })

  it('has the status of a 5xx as error.type', async () => {
    const broken = runService({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/posts' })
    onTestFinished(() => void broken.kill('SIGKILL'))
    const { url } = await broken.logged('listening')
    const { endpoint } = await broken.logged('metrics exported')
    const target = { url: String(url), metricsUrl: String(endpoint) }

    expect(await recorded(1, () => call(target, 'GET', '/api/users/alice'), { target })).toEqual([
      {
        labels: {
          ...labels200,
          http_route: '/api/users/:username',
          http_response_status_code: '503',
          error_type: '503',
        },
        value: 1,
      },
    ])
  })

  it('replaces methods outside the HTTP standards by _OTHER', async () => {
    const records = await recorded(3, async () => {
      for (const method of ['PROPFIND', 'PURGE', 'M-SEARCH']) await call(service, method, '/no/such')
    })
    expect(records).toEqual([
      {
        labels: { ...labels200, http_request_method: '_OTHER', http_response_status_code: '404' },
        value: 3,
      },
    ])
  })

  it.each([
    ['0.9', '1.1'],
    ['1.0', '1.0'],
    ['1.1', '1.1'],
    ['2.0', '1.1'],
  ])('has the version of the response to a request in HTTP/%s: %s', async (requested, version) => {
    const records = await recorded(1, () => exchange(service, requestText(`GET /problems HTTP/${requested}`)))
    expect(records).toEqual([
      { labels: { ...labels200, http_route: '/problems', network_protocol_version: version }, value: 1 },
    ])
  })

  it('has status 499 and the route if the client disconnects before the response', async () => {
    const alice = await buildUser(service)
    const records = await recorded(1, () => abandonBody(service, alice.token, alice.username))
    expect(records).toEqual([
      {
        labels: {
          ...labels200,
          http_request_method: 'POST',
          http_route: '/api/users/:username/collection',
          http_response_status_code: '499',
        },
        value: 1,
      },
    ])
  })

  it('has status 499 if the client disconnects during the response', async () => {
    const { socket, ended } = open(service)
    const gone = ended.catch(() => undefined)
    // More than the buffers of the connection can hold.
    const one = requestText('GET /docs/swagger-ui-bundle.js HTTP/1.1', { Connection: 'keep-alive' })
    socket.write(one.repeat(50))
    await once(socket, 'data')
    socket.destroy()
    await Promise.race([gone, once(socket, 'close')])

    const labels = { http_route: '/docs/:file', http_response_status_code: '499' }
    await until('the aborted response', async () => (await scrape(service)).sum(duration, labels) > 0)
  })

  it('has status 200 for an event stream whose client resets the connection, as haproxy does', async () => {
    const { username, token } = await buildUser(service)
    const http_route = '/api/users/:username/timeline/stream'
    const records = await recorded(1, async () => {
      const { socket, ended } = open(service)
      ended.catch(() => undefined)
      const path = `/api/users/${username}/timeline/stream`
      socket.write(requestText(`GET ${path} HTTP/1.1`, { Authorization: `Bearer ${token}` }))
      await once(socket, 'data')
      socket.resetAndDestroy()
    })
    expect(records).toEqual([{ labels: { ...labels200, http_route }, value: 1 }])
  })

  it('is recorded once for HEAD and for a request with Expect', async () => {
    const records = await recorded(3, async () => {
      await call(service, 'HEAD', '/problems')
      for (const Expect of ['100-continue', 'the unexpected'])
        await exchange(service, requestText('GET /problems HTTP/1.1', { Expect }))
    })
    expect(records).toEqual(
      expect.arrayContaining([
        { labels: { ...labels200, http_request_method: 'HEAD', http_route: '/problems' }, value: 1 },
        { labels: { ...labels200, http_route: '/problems' }, value: 2 },
      ]),
    )
    expect(records).toHaveLength(2)
  })

  it('has the scheme of X-Forwarded-Proto with TRUST_PROXY', async () => {
    const proxied = await startService({ TRUST_PROXY: 'true' })
    onTestFinished(() => proxied.stop())
    const records = await recorded(
      2,
      async () => {
        for (const proto of ['https', 'gopher'])
          await exchange(proxied, requestText('GET /problems HTTP/1.1', { 'X-Forwarded-Proto': proto }))
      },
      { target: proxied },
    )
    expect(records).toEqual([
      { labels: { ...labels200, http_route: '/problems', url_scheme: 'https' }, value: 1 },
      { labels: { ...labels200, http_route: '/problems' }, value: 1 },
    ])
  })

  it('distinguishes pipelined requests', async () => {
    const keep = { Connection: 'keep-alive' }
    const records = await recorded(3, () =>
      exchange(
        service,
        requestText('GET /livez HTTP/1.1', keep) +
          requestText('GET /no/such HTTP/1.1', keep) +
          requestText('GET /api/sessions HTTP/1.1'),
      ),
    )
    expect(records).toEqual(
      expect.arrayContaining([
        { labels: { ...labels200, http_route: '/livez' }, value: 1 },
        { labels: { ...labels200, http_response_status_code: '404' }, value: 1 },
        { labels: { ...labels200, http_route: '/api/sessions', http_response_status_code: '401' }, value: 1 },
      ]),
    )
    expect(records).toHaveLength(3)
  })

  it('counts neither scrapes nor requests that the process sends', async () => {
    await scrape(service)
    const page = await scrape(service)
    expect(page.series(duration, { http_route: '/metrics' })).toEqual([])
    expect([...page.families.keys()].filter((name) => name.startsWith('http_client'))).toEqual([])
    expect((await scrape(service)).sum(duration)).toBe(page.sum(duration))
  })
})

/** Disconnects in the middle of a request body, once the service waits for the rest. */
async function abandonBody(target: Target & { metricsUrl: string }, token: string, username: string) {
  const { socket, ended } = open(target)
  const gone = ended.catch(() => undefined)
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': '100',
    Authorization: `Bearer ${token}`,
  }
  socket.write(requestText(`POST /api/users/${username}/collection HTTP/1.1`, headers, '{"text":'))
  const posting = { http_request_method: 'POST' }
  await until('the request is active', async () => {
    return (await scrape(target)).sum('http_server_active_requests', posting) === 1
  })
  socket.destroy()
  await Promise.race([gone, once(socket, 'close')])
  await until('no request is active', async () => {
    return (await scrape(target)).sum('http_server_active_requests') === 0
  })
}

describe('http.server.request.body.size and response.body.size', () => {
  const exchanged = {
    http_request_method: 'POST',
    http_route: '/api/login',
    http_response_status_code: '401',
  }

  it('are the sizes of the bodies in bytes', async () => {
    const body = JSON.stringify({ username: 'nobody-is-so', password: 'wrong' })
    const before = await scrape(service)
    const response = await call(service, 'POST', '/api/login', {
      body,
      headers: { 'Content-Type': 'application/json' },
    })
    const after = await until('the record', async () => {
      const page = await scrape(service)
      const name = 'http_server_response_body_size_bytes_count'
      return page.sum(name, exchanged) > before.sum(name, exchanged) && page
    })
    const grown = (name: string) => after.sum(name, exchanged) - before.sum(name, exchanged)
    expect(grown('http_server_request_body_size_bytes_sum')).toBe(body.length)
    expect(grown('http_server_response_body_size_bytes_sum')).toBe(Buffer.byteLength(response.text))
  })

  it('are not recorded without a body', async () => {
    const name = 'http_server_response_body_size_bytes_count'
    const before = await scrape(service)
    const records = await recorded(2, async () => {
      await call(service, 'HEAD', '/problems')
      await call(service, 'OPTIONS', '/problems')
    })
    expect(records).toHaveLength(2)
    const after = await scrape(service)
    expect(after.sum(name)).toBe(before.sum(name))
  })
})
