// How instrumentation-http records the requests of a service on node:http: each once, however it ends.
import { once } from 'node:events'
import { request } from 'node:https'
import { describe, expect, it } from 'vitest'
import { until } from '../../harness/until.ts'
import { exchange, open, requestText } from '../http/support/raw.ts'
import { type Measured, type Record, recordsOf, startMeasured } from './support/durations.ts'

const get = (path: string, headers = {}) => requestText(`GET ${path} HTTP/1.1`, headers)

/** The record of requests to this path; with status 200 unless `labels` says otherwise. */
const record = (path: string | undefined, labels: { [name: string]: string } = {}, value = 1): Record => ({
  labels: {
    http_request_method: 'GET',
    http_response_status_code: '200',
    network_protocol_version: '1.1',
    url_scheme: 'http',
    ...(path && { http_route: path }),
    ...labels,
  },
  value,
})
const status = (code: string, errorType?: string) => ({
  http_response_status_code: code,
  ...(errorType && { error_type: errorType }),
})

/** Sends bytes until the service ends or resets the connection. */
const provoke = (service: Measured, bytes: string) => exchange(service, bytes).catch(() => [])

/** Sends bytes, and disconnects once the response has begun. */
async function leaveAfterFirstBytes(service: Measured, bytes: string) {
  const { socket, received, ended } = open(service)
  ended.catch(() => undefined)
  socket.write(bytes)
  await until('the response has begun', () => received() !== '')
  socket.destroy()
  await once(socket, 'close')
}

/** The records after one more request, which proves that nothing else follows. */
async function recordsWithLast(service: Measured, requests: number) {
  await exchange(service, get('/things/1'))
  const records = await recordsOf(service, requests + 1)
  return records.filter(({ labels }) => labels.http_route !== '/things/:id')
}

describe('http.server.request.duration of a response that fails', () => {
  it('is 200 if the service writes after the end: the client has the whole response', async () => {
    const service = await startMeasured('plain')
    const [response] = await exchange(service, get('/written-after-end'))
    expect(response?.text).toBe('complete')
    expect(await recordsWithLast(service, 1)).toEqual([record('/written-after-end')])
  })

  it.each(['/destroyed', '/failing-stream', '/error-without-response', '/thrown'])(
    'is 500 for %s',
    async (path) => {
      const service = await startMeasured('plain')
      await provoke(service, get(path))
      expect(await recordsWithLast(service, 1)).toEqual([record(path, status('500', '500'))])
    },
  )

  it('has the attributes of its own request after other requests failed', async () => {
    const service = await startMeasured('plain')
    await provoke(service, get('/written-after-end-twice'))
    await provoke(service, get('/thrown'))
    await provoke(service, requestText('POST /thrown HTTP/1.0'))
    expect(await recordsWithLast(service, 3)).toEqual([
      record('/written-after-end-twice'),
      record('/thrown', status('500', '500')),
      record('/thrown', {
        ...status('500', '500'),
        http_request_method: 'POST',
        network_protocol_version: '1.0',
      }),
    ])
  })

  it('has the attributes of its own request although another one began later', async () => {
    const service = await startMeasured('plain')
    const { socket, received, ended } = open(service)
    socket.write(get('/waiting'))
    await until('the request has begun', () => received() !== '')
    await exchange(service, requestText('POST /fail-waiting HTTP/1.1'))
    await ended.catch(() => [])
    expect(await recordsWithLast(service, 2)).toEqual([
      record('/waiting', status('500', '500')),
      record('/fail-waiting', { http_request_method: 'POST' }),
    ])
  })

  it('has the status of a 5xx as error.type', async () => {
    const service = await startMeasured('plain')
    await exchange(service, get('/failed'))
    expect(await recordsWithLast(service, 1)).toEqual([record('/failed', status('503', '503'))])
  })
})

describe('http.server.request.duration of a client that disconnects', () => {
  it('has status 499, and 200 for an event stream', async () => {
    const service = await startMeasured('plain')
    await leaveAfterFirstBytes(service, get('/silent'))
    await leaveAfterFirstBytes(service, get('/stream'))
    expect(await recordsWithLast(service, 2)).toEqual([record('/silent', status('499')), record('/stream')])
  })

  it('has status 499 for half a body', async () => {
    const service = await startMeasured('plain')
    // The interim response proves that the request began.
    const headers = { 'Content-Length': '100', Expect: '100-continue' }
    await leaveAfterFirstBytes(service, requestText('POST /body HTTP/1.1', headers, 'half'))
    expect(await recordsWithLast(service, 1)).toEqual([
      record('/body', { ...status('499'), http_request_method: 'POST' }),
    ])
  })
})

describe('http.server.request.duration', () => {
  it('is recorded once per request for HEAD, OPTIONS, HTTP/1.0, keep-alive and pipelining', async () => {
    const service = await startMeasured('plain')
    const keep = { Connection: 'keep-alive' }
    await exchange(service, requestText('HEAD /body HTTP/1.1'))
    await exchange(service, requestText('OPTIONS * HTTP/1.1'))
    await exchange(service, requestText('GET /body HTTP/1.0', { Host: undefined, Connection: undefined }))
    await exchange(service, get('/body', keep) + get('/failed', keep) + get('/body'))

    expect(await recordsWithLast(service, 6)).toEqual([
      record('/body', { http_request_method: 'HEAD' }),
      record(undefined, { ...status('404'), http_request_method: 'OPTIONS' }),
      record('/body', { network_protocol_version: '1.0' }),
      record('/body', {}, 2),
      record('/failed', status('503', '503')),
    ])
  })

  it('is recorded once for a request with Expect: 100-continue', async () => {
    const service = await startMeasured('plain')
    const { socket, received, ended } = open(service)
    const headers = { 'Content-Length': '4', Expect: '100-continue' }
    socket.write(requestText('POST /body HTTP/1.1', headers))
    await until('the service asks for the body', () => received().startsWith('HTTP/1.1 100 '))
    socket.write('body')
    await ended
    expect(await recordsWithLast(service, 1)).toEqual([record('/body', { http_request_method: 'POST' })])
  })

  it("is not recorded for what Node's parser rejects", async () => {
    const service = await startMeasured('plain')
    for (const bytes of [
      'nonsense\r\n\r\n',
      get('/body', { 'Content-Length': 'x' }),
      get('/body', { Host: undefined }),
    ]) {
      const [response] = await exchange(service, bytes)
      expect(response?.status).toBe(400)
    }
    expect(await recordsWithLast(service, 0)).toEqual([])
  })

  it('has the scheme https for a server on node:https', async () => {
    const service = await startMeasured('secure')
    const [response] = await once(request(service.url, { rejectUnauthorized: false }).end(), 'response')
    response.resume()
    expect(await recordsOf(service, 1)).toEqual([record('/', { url_scheme: 'https' })])
  })

  it('ignores forwarded headers unless the service sets the protocol', async () => {
    const service = await startMeasured('plain')
    await exchange(service, get('/body', { 'X-Forwarded-Proto': 'https', Forwarded: 'proto=https' }))
    expect(await recordsWithLast(service, 1)).toEqual([record('/body')])
  })
})
