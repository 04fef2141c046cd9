// HTTP itself, byte by byte: malformed requests, the Host header, slow clients.
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiResponse } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth, scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { problems } from '../../src/http/problems/problem-types.ts'
import { defaultTimeouts } from '../../src/http/server.ts'
import { exchange, open, requestText } from './support/raw.ts'

let service: Service
/** Has timeouts of less than a second. */
let impatient: Service
beforeAll(async () => {
  service = await startService()
  const entry = 'test/http/support/impatient-service.ts'
  impatient = await startService({}, { env: { DATA_DIR: '' } }, { entry, waitFor: 'listening' })
})
afterAll(async () => {
  await service.stop()
  await impatient.stop()
})

const live = requestText('GET /livez HTTP/1.1')
const rejected = (target: Service, work: () => Promise<unknown>) =>
  growth(target, 'microposts_request_rejected_total', { microposts_rejection_reason: 'malformed' }, work)

/** One response, which is a problem and has the headers of every response. */
function expectProblem(responses: ApiResponse[], expected: number, code: string) {
  expect(responses).toHaveLength(1)
  for (const { status, headers, body } of responses) {
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
}

describe('malformed HTTP', () => {
  it.each([
    ['a TLS handshake', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01])],
    ['an unknown method', requestText('FROBNICATE /livez HTTP/1.1')],
    ['an unknown version', requestText('GET /livez HTTP/9.9')],
    ['a space in the path', requestText('GET /a b HTTP/1.1')],
    ['a header without a name', requestText('GET /livez HTTP/1.1', { '': 'x' })],
    ['NUL in a header', requestText('GET /livez HTTP/1.1', { 'X-Name': 'a\0b' })],
    [
      'two Content-Length headers',
      requestText('POST /livez HTTP/1.1', { 'Content-Length': '1\r\nContent-Length: 2' }, 'xx'),
    ],
    ['an invalid Content-Length', requestText('POST /livez HTTP/1.1', { 'Content-Length': '1x' }, 'x')],
    [
      'both Content-Length and Transfer-Encoding',
      requestText(
        'POST /livez HTTP/1.1',
        { 'Content-Length': '3', 'Transfer-Encoding': 'chunked' },
        '0\r\n\r\n',
      ),
    ],
  ])('gets 400 and is counted once: %s', async (_, bytes) => {
    const counted = await rejected(service, async () =>
      expectProblem(await exchange(service, bytes), 400, 'malformed-request'),
    )
    expect(counted).toBe(1)
  })

  it('gets 400 in the middle of a body', async () => {
    const chunks = requestText(
      'POST /api/users HTTP/1.1',
      { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' },
      '2\r\n{"\r\nzz\r\n',
    )
    expectProblem(await exchange(service, chunks), 400, 'malformed-request')
  })

  it('gets 400 after a complete response on the same connection', async () => {
    const connection = open(service)
    connection.socket.write(requestText('GET /livez HTTP/1.1', { Connection: 'keep-alive' }))
    await until('a response', () => connection.received().endsWith('{"status":"live"}'))
    connection.socket.write(requestText('NONSENSE'))
    const responses = await connection.ended
    expect(responses).toMatchObject([{ status: 200 }, { status: 400 }])
  })

  it('gets 431 if the headers exceed 16 KiB, also while the client is still sending', async () => {
    const bytes = requestText('GET /livez HTTP/1.1', { 'X-Long': 'x'.repeat(2_000_000) })
    expectProblem(await exchange(service, bytes), 431, 'header-too-large')
  })

  it('gets 400 before the connection is cut, although the client does not stop sending', async () => {
    const { port } = new URL(impatient.url)
    const socket = connect({ port: Number(port), host: 'localhost', allowHalfOpen: true })
    const events: string[] = []
    socket.once('data', (data) => events.push(data.toString().slice(0, 12)))
    socket.once('end', () => events.push('end of the response'))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => events.push(String(code)))
    socket.write('nonsense\r\n\r\n')
    socket.resume()
    const writing = setInterval(() => socket.write('more'), 20)
    await new Promise((resolve) => socket.once('close', resolve))
    clearInterval(writing)
    expect(events).toEqual([
      'HTTP/1.1 400',
      'end of the response',
      expect.stringMatching(/^(EPIPE|ECONNRESET)$/),
    ])
  })

  it('includes CONNECT: the service is no proxy', async () => {
    const responses = await exchange(service, requestText('CONNECT example.com:443 HTTP/1.1'))
    expectProblem(responses, 400, 'malformed-request')
  })
})

describe('the Host header', () => {
  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['repeated', 'a.example\r\nHost: b.example'],
    ['a list', 'a.example, b.example'],
    ['with a user', 'alice@a.example'],
    ['with a path', 'a.example/path'],
    ['with an invalid port', 'a.example:70000'],
    ['an invalid IPv4 address', '256.0.0.1'],
    ['an invalid IPv6 address', '[::g]'],
    ['markup', 'a<script>'],
    ['with a space', 'a b'],
  ])('gets 400 if it is %s', async (_, host) => {
    const responses = await exchange(service, requestText('GET /livez HTTP/1.1', { Host: host }))
    expect(responses).toMatchObject([{ status: 400, body: { type: '/problems/malformed-request' } }])
    expect(responses[0]?.headers.get('X-Request-Id')).toBe(responses[0]?.body.instance)
  })

  it.each(['a.example', 'a_b.example:8080', '127.0.0.1:1', '[::1]:3000', 'xn--bcher-kva.example'])(
    'may be %s',
    async (host) => {
      const responses = await exchange(service, requestText('GET /livez HTTP/1.1', { Host: host }))
      expect(responses).toMatchObject([{ status: 200 }])
    },
  )

  it('is required for HTTP/0.9, which has no headers', async () => {
    expect(await exchange(service, 'GET /livez\r\n\r\n')).toMatchObject([{ status: 400 }])
  })

  it('is optional in HTTP/1.0', async () => {
    const responses = await exchange(service, requestText('GET /livez HTTP/1.0', { Host: undefined }))
    expect(responses).toMatchObject([{ status: 200 }])
  })
})

describe('a request', () => {
  it('may contain an absolute URL', async () => {
    expect(await exchange(service, requestText('GET http://localhost/livez HTTP/1.1'))).toMatchObject([
      { status: 200, body: { status: 'live' } },
    ])
  })

  it.each(['http://', 'http:///livez', 'http://[::1/', 'http://a:99999/', 'http://a b/'])(
    'with the malformed URL %s gets 400',
    async (target) => {
      const headers = { 'X-Request-Id': 'malformed-url', Accept: 'text/html' }
      const responses = await exchange(service, requestText(`GET ${target} HTTP/1.1`, headers))
      expect(responses).toMatchObject([{ status: 400 }])
    },
  )

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
    const responses = await connection.ended
    expect(responses.map(({ status }) => status)).toEqual([100, 400])
  })

  it('is processed and measured if its Expect header is unknown', async () => {
    const labels = { http_route: '/livez', http_response_status_code: '200' }
    const counted = await growth(service, 'http_server_request_duration_seconds_count', labels, async () => {
      const responses = await exchange(
        service,
        requestText('GET /livez HTTP/1.1', { Expect: 'the unexpected' }),
      )
      expect(responses).toMatchObject([{ status: 200, body: { status: 'live' } }])
    })
    expect(counted).toBe(1)
  })

  it('is processed without an upgrade if it asks for one', async () => {
    const headers = { Connection: 'Upgrade, close', Upgrade: 'websocket' }
    expect(await exchange(service, requestText('GET /livez HTTP/1.1', headers))).toMatchObject([
      { status: 200 },
    ])
  })

  it('that asks for an upgrade ends the connection, because Node drops what follows', async () => {
    const headers = { Connection: 'Upgrade, keep-alive', Upgrade: 'h2c' }
    const responses = await exchange(service, requestText('GET /livez HTTP/1.1', headers) + live)
    expect(responses).toMatchObject([{ status: 200 }])
    expect(responses[0]?.headers.get('Connection')).toBe('close')
  })

  it('with chunks in HTTP/1.0 ends the connection', async () => {
    const headers = {
      Connection: 'keep-alive',
      'Content-Type': 'application/json',
      'Transfer-Encoding': 'chunked',
    }
    const chunks = requestText('POST /api/login HTTP/1.0', headers, '2\r\n{}\r\n0\r\n\r\n')
    const responses = await exchange(service, chunks + live)
    expect(responses).toMatchObject([{ status: 400, body: { type: '/problems/invalid-input' } }])
  })

  it('is answered before malformed bytes behind it', async () => {
    const first = requestText('GET /livez HTTP/1.1', { Connection: 'keep-alive' })
    const users = requestText('GET /api/users HTTP/1.1', { Connection: 'keep-alive' })
    const counted = await rejected(service, async () => {
      const responses = await exchange(service, `${first}${users}${first}nonsense\r\n\r\n`)
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 400])
    })
    expect(counted).toBe(1)
  })

  it('is answered although the client sends more after Connection: close, which is ignored', async () => {
    const counted = await rejected(service, async () =>
      expect(await exchange(service, live + live)).toMatchObject([{ status: 200 }]),
    )
    expect(counted).toBe(0)
  })

  it('may be pipelined', async () => {
    const first = requestText('GET /livez HTTP/1.1', { Connection: 'keep-alive' })
    const responses = await exchange(service, first + first + live)
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('that is pipelined is handled when the response before it is complete', async () => {
    const post = requestText(
      'POST /echo HTTP/1.1',
      { Connection: 'keep-alive', 'Content-Type': 'application/json', 'Content-Length': '13' },
      '{"text":"12"}',
    )
    const connection = open(impatient)
    const large = requestText('GET /large HTTP/1.1', { Connection: 'keep-alive' })
    connection.socket.pause()
    connection.socket.write(large + post.repeat(20))
    const active = async () => (await scrape(impatient)).sum('http_server_active_requests')
    await until('a request is active', async () => (await active()) > 0)
    expect(await active()).toBe(1)
    connection.socket.resume()
    await until('all responses', () => connection.received().split('"12"').length === 21)
    connection.socket.destroy()
  })

  it('of more than a hundred that are pipelined at once is dropped, and the connection is closed', async () => {
    const first = requestText('GET /livez HTTP/1.1', { Connection: 'keep-alive' })
    const responses = await exchange(service, first.repeat(300))
    expect(responses.map(({ status }) => status)).toEqual(Array(101).fill(200))
    expect(responses.at(-1)?.headers.get('Connection')).toBe('close')
  })
})

describe('a slow client', () => {
  it.each([
    ['nothing', ''],
    ['half of the headers', 'POST /echo HTTP/1.1\r\nHost: local'],
  ])('that sends %s gets 408, which does not count as malformed', async (_, bytes) => {
    const counted = await rejected(impatient, async () =>
      expectProblem(await exchange(impatient, bytes), 408, 'request-timeout'),
    )
    expect(counted).toBe(0)
  })

  it('that sends half of a body gets 408, and its request is no longer active', async () => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': '1000' }
    const responses = await exchange(impatient, requestText('POST /echo HTTP/1.1', headers, '{'))
    expectProblem(responses, 408, 'request-timeout')
    await until('no request is active', async () => {
      return (await scrape(impatient)).sum('http_server_active_requests') === 0
    })
  })

  it('that reads no response is disconnected, and its request is no longer active', async () => {
    const socket = connect(Number(new URL(impatient.url).port), 'localhost')
    socket.on('error', () => {})
    socket.pause()
    socket.write(requestText('GET /large HTTP/1.1', { Connection: 'keep-alive' }))
    const active = async () => (await scrape(impatient)).sum('http_server_active_requests')
    await until('the request is active', async () => (await active()) === 1)
    await until('it is not', async () => (await active()) === 0)
    const closed = once(socket, 'close')
    socket.resume()
    await closed
  })

  it('has the time that the problem page states', () => {
    const { headersMs, requestMs } = defaultTimeouts
    expect(problems['request-timeout'].explanation).toContain(
      `${headersMs / 1000} s for the headers and ${requestMs / 1000} s for the whole request`,
    )
  })

  it('does not delay other clients', async () => {
    const slow = Array.from({ length: 50 }, () => open(service))
    for (const { socket } of slow) socket.write('GET /livez HTTP/1.1\r\n')
    expect(await exchange(service, live)).toMatchObject([{ status: 200 }])
    for (const { socket, ended } of slow) {
      socket.destroy()
      await Promise.race([ended, once(socket, 'close')])
    }
  })
})
