import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type ApiResponse, buildUser, call, send } from '../../../harness/http/client.ts'
import { type Service, startService } from '../../../harness/service.ts'
import { unrecordedMetrics } from '../../../harness/telemetry/metrics.ts'
import { scrape } from '../../../harness/telemetry/scrape.ts'
import { until } from '../../../harness/until.ts'
import { route } from '../../../src/http/endpoint.ts'
import { createAdmission } from '../../../src/http/overload/admission.ts'
import { startServer } from '../../../src/http/server.ts'
import { exchange, open, requestText } from '../support/raw.ts'

describe('a service with more requests than it can answer in time', () => {
  let service: Service
  beforeAll(async () => {
    // Any real load exceeds a delay of a millisecond.
    service = await startService({ OVERLOAD_DELAY: '1ms', CORS_ORIGIN: 'https://app.example' })
  })
  afterAll(() => service.stop())

  it('answers some, rejects the others with 503 and Retry-After, and stays healthy and measured', async () => {
    const user = await buildUser(service)
    const responses: ApiResponse[] = []
    const health: number[] = []
    const loop = async () => {
      for (let turn = 0; turn < 25; turn++)
        responses.push(
          await call(service, 'GET', '/api/posts', { headers: { Origin: 'https://app.example' } }),
        )
    }
    const probe = async () => {
      while (responses.length < 150 * 25)
        for (const path of ['/livez', '/readyz', '/openapi.json'])
          health.push((await call(service, 'GET', path)).status)
    }
    await Promise.all([...Array.from({ length: 150 }, loop), probe()])

    const rejected = responses.filter(({ status }) => status === 503)
    const admitted = responses.filter(({ status }) => status === 200)
    expect(rejected.length).toBeGreaterThan(0)
    expect(admitted.length).toBeGreaterThan(0)
    expect(admitted.length + rejected.length).toBe(responses.length)
    expect(new Set(health)).toEqual(new Set([200]))
    for (const { headers, body } of rejected) {
      expect(body).toMatchObject({ type: '/problems/overloaded', status: 503, title: 'Overloaded' })
      expect(headers.get('X-Request-Id')).toBe(body.instance)
      expect(headers.get('Retry-After')).toMatch(/^[123]$/)
      expect(headers.get('Cache-Control')).toBe('no-store')
      expect(headers.get('Access-Control-Allow-Origin')).toBe('https://app.example')
      expect(headers.get('Vary')).toBe('Origin')
    }

    const seen = await scrape(service)
    const overload = { microposts_rejection_reason: 'overload' }
    expect(seen.sum('microposts_request_rejected_total', overload)).toBe(rejected.length)
    const failed = { http_response_status_code: '503' }
    expect(seen.sum('http_server_request_duration_seconds_count', failed)).toBe(rejected.length)
    expect(seen.sum('microposts_exception_total')).toBe(0)
    expect(service.lines.filter(({ msg }) => msg === 'request failed')).toEqual([])
    expect((await call(service, 'GET', `/api/users/${user.username}`)).status).toBe(200)
  })
})

const hashing = (path: string) =>
  route({ method: 'POST', path, auth: 'none', priority: 'login', summary: '', tag: '', replies: {} }, () => {
    throw new Error('The router is not part of this test.')
  })

describe('admission by priority', () => {
  it('rejects logins first, then writes, then reads, and never what is not of the API', async () => {
    const held: ServerResponse[] = []
    let connectionDelayMs = 0
    const app = createAdmission(
      (request, response) => {
        if (request.url?.endsWith('/held')) held.push(response)
        else response.end()
      },
      {
        maxDelayMs: 50,
        connectionDelayMs: () => connectionDelayMs,
        routes: [hashing('/api/login'), hashing('/api/users')],
        corsOrigins: [],
        metrics: unrecordedMetrics(),
      },
    )
    const server = await startServer({ ...app, host: 'localhost', port: 0, metrics: unrecordedMetrics() })
    onTestFinished(() => server.stop(0))
    const target = { url: `http://localhost:${server.port}` }
    const hold = async (count: number) => {
      const enough = held.length + count
      const sent = Array.from({ length: count }, () => send(target, 'GET', '/api/held'))
      await until('they are held', () => held.length === enough)
      return sent
    }
    const statuses = () =>
      Promise.all(
        [
          ['POST', '/api/login?x'],
          ['POST', '/api/users'],
          ['POST', '/api/users/alice/collection'],
          ['GET', '/api/users'],
          ['GET', '/docs'],
        ].map(async ([method = '', path = '']) => (await send(target, method, path)).statusCode),
      )

    // The limit follows the delay: at first 512, then no less than 48.
    const first = await hold(60)
    connectionDelayMs = 1_000
    await until('the limit is lower', async () => (await send(target, 'GET', '/api/x')).statusCode === 503)
    for (const response of held.splice(0)) response.end()
    await Promise.all(first)

    const rest = [...(await hold(23))]
    expect(await statuses()).toEqual([200, 200, 200, 200, 200])
    rest.push(...(await hold(1)))
    expect(await statuses()).toEqual([503, 503, 200, 200, 200])
    const order: string[] = []
    await Promise.all(
      ['POST /api/login', 'GET /api/users'].map(async (request) => {
        const [method = '', path = ''] = request.split(' ')
        await send(target, method, path)
        order.push(request)
      }),
    )
    // A rejected login has to wait, so that a flood of them takes less of the CPU.
    expect(order).toEqual(['GET /api/users', 'POST /api/login'])
    rest.push(...(await hold(15)))
    expect(await statuses()).toEqual([503, 503, 503, 200, 200])
    rest.push(...(await hold(9)))
    expect(await statuses()).toEqual([503, 503, 503, 503, 200])
    const absolute = requestText('GET http://localhost/api/users HTTP/1.1')
    expect(await exchange(target, absolute)).toMatchObject([{ status: 503 }])
    const pipelined = ['one', 'two', 'three'].map((id, index) =>
      requestText('GET /api/users HTTP/1.1', {
        'X-Request-Id': id,
        Connection: index < 2 ? 'keep-alive' : 'close',
      }),
    )
    expect(await exchange(target, pipelined.join(''))).toMatchObject([
      { status: 503, body: { instance: 'one' } },
      { status: 503, body: { instance: 'two' } },
      { status: 503, body: { instance: 'three' } },
    ])
    for (const response of held) response.end()
    await Promise.all(rest)
    // A response that comes before the body was read counts no less and no more.
    for (let time = 0; time < 40; time++) await send(target, 'POST', '/api/x', { json: { text: 'unread' } })
    expect(await statuses()).toEqual([200, 200, 200, 200, 200])
  })
})

it('admits few requests at once while it rejects others and has no idle time', async () => {
  let active = 0
  let mostActive = 0
  const app = createAdmission(
    (_request, response) => {
      active++
      mostActive = Math.max(mostActive, active)
      const end = performance.now() + 0.2
      while (performance.now() < end);
      setImmediate(() => {
        active--
        response.end()
      })
    },
    {
      // Longer than any delay here.
      maxDelayMs: 60_000,
      connectionDelayMs: () => 0,
      routes: [],
      corsOrigins: [],
      metrics: unrecordedMetrics(),
    },
  )
  const server = await startServer({ ...app, host: 'localhost', port: 0, metrics: unrecordedMetrics() })
  onTestFinished(() => server.stop(0))
  const text = requestText('GET /api/x HTTP/1.1', { Connection: 'keep-alive' })
  const sockets = Array.from({ length: 1_200 }, () => connect(server.port, 'localhost'))
  for (const socket of sockets) {
    socket.on('data', () => socket.write(text)).on('error', () => {})
    socket.write(text)
  }
  await until('many are active', () => mostActive > 100)
  await until('few are active', () => {
    const few = mostActive <= 48
    mostActive = 0
    return few
  })
  for (const socket of sockets) socket.destroy()
})

it('clients that send a body slowly do not count as load', async () => {
  const service = await startService({ OVERLOAD_DELAY: '1ms' })
  onTestFinished(() => service.stop())
  const { username, token } = await buildUser(service)
  const path = `/api/users/${username}/collection`
  const slow = Array.from({ length: 100 }, () => {
    const { socket } = open(service)
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    socket.write(requestText(`POST ${path} HTTP/1.1`, { ...headers, 'Content-Length': '99' }, '{'))
    return socket
  })
  await until(
    'all are active',
    async () => (await scrape(service)).sum('http_server_active_requests') === 100,
  )
  // Sixteen clients are load enough for the limit to fall below a hundred.
  const loop = async () => {
    const statuses: number[] = []
    for (let turn = 0; turn < 50; turn++) statuses.push((await call(service, 'GET', path)).status)
    return statuses
  }
  const statuses = (await Promise.all(Array.from({ length: 16 }, loop))).flat()
  expect(new Set(statuses)).toEqual(new Set([200]))
  for (const socket of slow) socket.destroy()
})
