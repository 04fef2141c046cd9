// What comes before a request is one: HTTP itself, byte by byte.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiResponse } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { exchange, open, requestText } from './support/raw.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const live = requestText('GET /livez HTTP/1.1')
const rejected = (work: () => Promise<unknown>) =>
  growth(service, 'microposts_request_rejected_total', { microposts_rejection_reason: 'malformed' }, work)

/** A refusal as a problem, with the headers that every answer has. */
function expectRefusal({ status, headers, body }: ApiResponse, expected: number, code: string) {
  const id = headers.get('X-Request-Id')
  expect(body).toEqual({
    type: `/problems/${code}`,
    title: expect.any(String),
    status: expected,
    detail: expect.any(String),
    instance: id,
  })
  expect(status).toBe(expected)
  expect(id).toMatch(/^[A-Za-z0-9._-]{1,128}$/)
  expect(headers.get('Content-Type')).toBe('application/problem+json')
  expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
  expect(headers.get('Referrer-Policy')).toBe('no-referrer')
  expect(headers.get('Connection')).toBe('close')
}

describe('what is not HTTP/1.1', () => {
  it.each([
    ['a TLS greeting', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01])],
    ['a method that nobody knows', requestText('FROBNICATE /livez HTTP/1.1')],
    ['a version that is not there', requestText('GET /livez HTTP/9.9')],
    ['a space in the path', requestText('GET /a b HTTP/1.1')],
    ['a header without a name', requestText('GET /livez HTTP/1.1', { '': 'x' })],
    ['NUL in a header', requestText('GET /livez HTTP/1.1', { 'X-Name': 'a\0b' })],
    [
      'two lengths',
      requestText('POST /livez HTTP/1.1', { 'Content-Length': '1\r\nContent-Length: 2' }, 'xx'),
    ],
    ['a length that is none', requestText('POST /livez HTTP/1.1', { 'Content-Length': '1x' }, 'x')],
    [
      'a length and chunks',
      requestText(
        'POST /livez HTTP/1.1',
        { 'Content-Length': '3', 'Transfer-Encoding': 'chunked' },
        '0\r\n\r\n',
      ),
    ],
  ])('is refused as a problem and counted once: %s', async (_, bytes) => {
    const counted = await rejected(async () => {
      const answers = await exchange(service, bytes)
      expect(answers).toHaveLength(1)
      for (const answer of answers) expectRefusal(answer, 400, 'malformed-request')
    })
    expect(counted).toBe(1)
  })

  it('is refused in the middle of a body', async () => {
    const chunks = requestText(
      'POST /api/users HTTP/1.1',
      { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
      '2\r\n{"\r\nzz\r\n',
    )
    const answers = await exchange(service, chunks)
    expect(answers).toMatchObject([{ status: 400, body: { type: '/problems/malformed-request' } }])
  })

  it('is refused after an answer that came whole', async () => {
    const connection = open(service)
    connection.socket.write(requestText('GET /livez HTTP/1.1', { Connection: 'keep-alive' }))
    await until('an answer', () => connection.received().endsWith('{"status":"live"}'))
    connection.socket.write(requestText('NONSENSE'))
    const answers = await connection.ended
    expect(answers).toMatchObject([{ status: 200 }, { status: 400 }])
  })

  it('is a header of more than 16 KiB: 431, also for a client that sends on', async () => {
    const bytes = requestText('GET /livez HTTP/1.1', { 'X-Long': 'x'.repeat(2_000_000) })
    const [answer] = await exchange(service, bytes)
    if (!answer) throw new Error('There was no answer.')
    expectRefusal(answer, 431, 'header-too-large')
  })

  it('is read on for two seconds, then the connection is cut', async () => {
    const socket = connect({
      port: Number(new URL(service.url).port),
      host: 'localhost',
      allowHalfOpen: true,
    })
    const cut = new Promise<string | undefined>((resolve) =>
      socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code)),
    )
    const start = performance.now()
    socket.write('nonsense\r\n\r\n')
    socket.resume()
    const writing = setInterval(() => socket.write('more'), 20)
    expect(['EPIPE', 'ECONNRESET']).toContain(await cut)
    clearInterval(writing)
    expect(performance.now() - start).toBeGreaterThan(1_900)
  })

  it('is a proxy’s request: no tunnel is opened', async () => {
    const [answer] = await exchange(service, requestText('CONNECT example.com:443 HTTP/1.1'))
    if (!answer) throw new Error('There was no answer.')
    expectRefusal(answer, 400, 'malformed-request')
  })
})

describe('a Host', () => {
  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['two', 'a.example\r\nHost: b.example'],
    ['a list', 'a.example, b.example'],
    ['a user', 'alice@a.example'],
    ['a path', 'a.example/path'],
    ['a port that is none', 'a.example:70000'],
    ['an address that is none', '256.0.0.1'],
    ['brackets around nothing', '[::g]'],
    ['markup', 'a<script>'],
    ['a space', 'a b'],
  ])('may not be %s', async (_, host) => {
    const answers = await exchange(service, requestText('GET /livez HTTP/1.1', { Host: host }))
    expect(answers).toMatchObject([{ status: 400, body: { type: '/problems/malformed-request' } }])
    expect(answers[0]?.headers.get('X-Request-Id')).toBe(answers[0]?.body.instance)
  })

  it.each(['a.example', 'a_b.example:8080', '127.0.0.1:1', '[::1]:3000', 'xn--bcher-kva.example'])(
    'may be %s',
    async (host) => {
      const answers = await exchange(service, requestText('GET /livez HTTP/1.1', { Host: host }))
      expect(answers).toMatchObject([{ status: 200 }])
    },
  )

  it('is needed in HTTP/0.9, which has none', async () => {
    expect(await exchange(service, 'GET /livez\r\n\r\n')).toMatchObject([{ status: 400 }])
  })

  it('is not needed in HTTP/1.0', async () => {
    const answers = await exchange(service, requestText('GET /livez HTTP/1.0', { Host: undefined }))
    expect(answers).toMatchObject([{ status: 200 }])
  })
})

describe('a request', () => {
  it('may name its whole URL', async () => {
    expect(await exchange(service, requestText('GET http://localhost/livez HTTP/1.1'))).toMatchObject([
      { status: 200, body: { status: 'live' } },
    ])
  })

  it('may wait for 100 Continue', async () => {
    const body = '{}'
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
      Expect: '100-continue',
    }
    const connection = open(service)
    connection.socket.write(requestText('POST /api/users HTTP/1.1', headers))
    await until('100 Continue', () => connection.received() === 'HTTP/1.1 100 Continue\r\n\r\n')
    connection.socket.write(body)
    const answers = await connection.ended
    expect(answers.map(({ status }) => status)).toEqual([100, 400])
  })

  it('may expect something else, in vain, and is measured', async () => {
    const labels = { http_route: '/livez', http_response_status_code: '200' }
    const counted = await growth(service, 'http_server_request_duration_seconds_count', labels, async () => {
      const answers = await exchange(
        service,
        requestText('GET /livez HTTP/1.1', { Expect: 'the unexpected' }),
      )
      expect(answers).toMatchObject([{ status: 200, body: { status: 'live' } }])
    })
    expect(counted).toBe(1)
  })

  it('may ask for an upgrade, in vain', async () => {
    const headers = { Connection: 'Upgrade, close', Upgrade: 'websocket' }
    expect(await exchange(service, requestText('GET /livez HTTP/1.1', headers))).toMatchObject([
      { status: 200 },
    ])
  })

  it('may come before the one before it was answered', async () => {
    const first = requestText('GET /livez HTTP/1.1', { Connection: 'keep-alive' })
    const answers = await exchange(service, first + first + live)
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })
})

describe.concurrent('a slow client', () => {
  it.each([
    ['sends nothing', ''],
    ['sends half a header', 'GET /livez HTTP/1.1\r\nHost: local'],
  ])('that %s is refused with 408 after 10 s, and is no malformed request', async (_, bytes) => {
    const start = performance.now()
    const counted = await rejected(async () => {
      const answers = await exchange(service, bytes)
      expect(answers).toHaveLength(1)
      for (const answer of answers) expectRefusal(answer, 408, 'request-timeout')
    })
    expect(performance.now() - start).toBeGreaterThan(9_500)
    expect(performance.now() - start).toBeLessThan(14_000)
    expect(counted).toBe(0)
  })

  it('that stops in the middle of a body is refused with 408 after 30 s', { timeout: 45_000 }, async () => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': '1000' }
    const answers = await exchange(service, requestText('POST /api/users HTTP/1.1', headers, '{'))
    expect(answers).toHaveLength(1)
    for (const answer of answers) expectRefusal(answer, 408, 'request-timeout')
    await until('nothing is under way', async () => {
      const page = await scrape(service)
      return page.sum('http_server_active_requests') === 0
    })
  })

  it('leaves others alone', async () => {
    const slow = Array.from({ length: 50 }, () => open(service))
    for (const { socket } of slow) socket.write('GET /livez HTTP/1.1\r\n')
    expect(await exchange(service, live)).toMatchObject([{ status: 200 }])
    for (const { socket, ended } of slow) {
      socket.destroy()
      await Promise.race([ended, new Promise((resolve) => socket.once('close', resolve))])
    }
  })
})
