// What all endpoints have in common: bodies, paths, methods, media types, tokens, and the order of errors.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ApiResponse,
  buildPost,
  buildUser,
  call,
  type RequestOptions,
  type User,
} from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth } from '../../harness/telemetry/scrape.ts'
import { open, requestText } from './support/raw.ts'

let service: Service
let alice: User
beforeAll(async () => {
  service = await startService()
  alice = await buildUser(service)
})
afterAll(() => service.stop())

const absentId = '019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10'
const collection = () => `/api/users/${alice.username}/collection`
const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

/** Posts as Alice. `type` is the Content-Type; an empty one is not sent. */
const post = (type: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  call(service, 'POST', collection(), {
    token: alice.token,
    body,
    headers: { ...(type && { 'Content-Type': type }), ...headers },
  })

const problem = (status: number, code: string) => ({
  status,
  body: { type: `/problems/${code}`, title: expect.any(String), status, detail: expect.any(String) },
})

describe('the media type of a body', () => {
  it.each([
    json,
    'application/json; charset=utf-8',
    'Application/JSON;Charset="UTF-8"',
    'application/json ; charset=utf8; version=1',
  ])('may be %s', async (type) => {
    expect(await post(type, '{"text":"ü"}')).toMatchObject({ status: 201, body: { text: 'ü' } })
  })

  it.each([form, `${form}; charset=UTF-8`])('may be %s', async (type) => {
    expect(await post(type, 'text=%C3%BC+%F0%9F%90%98')).toMatchObject({
      status: 201,
      body: { text: 'ü 🐘' },
    })
  })

  it.each([
    '',
    'text/plain',
    'text/json',
    'application/json5',
    'application/problem+json',
    'multipart/form-data; boundary=x',
    'application/json; charset=latin1',
    `${form}; charset=utf-16`,
    ';;;',
    'nonsense',
  ])('may not be "%s"', async (type) => {
    expect(await post(type, '{"text":"x"}')).toMatchObject(problem(415, 'unsupported-media-type'))
  })

  it.each(['gzip', 'br', 'identity, gzip', 'x'])('may not be encoded as %s', async (encoding) => {
    const response = await post(json, '{"text":"x"}', { 'Content-Encoding': encoding })
    expect(response).toMatchObject(problem(415, 'unsupported-media-type'))
    expect(response.headers.get('Accept-Encoding')).toBe('identity')
  })

  it('may be encoded as identity', async () => {
    expect(await post(json, '{"text":"x"}', { 'Content-Encoding': 'Identity' })).toMatchObject({
      status: 201,
    })
  })
})

describe('the content of a body', () => {
  it.each([
    ['empty', ''],
    ['white space', ' \n'],
    ['invalid JSON', '{"text":'],
    ['JSON and more text', '{"text":"x"} x'],
    ['a single quote', "{'text':'x'}"],
    ['an array', '[{"text":"x"}]'],
    ['a string', '"text"'],
    ['null', 'null'],
    ['a byte-order mark', '\ufeff{"text":"x"}'],
    ['unterminated arrays', '['.repeat(16_000)],
    ['deeply nested arrays', `${'['.repeat(8_000)}${']'.repeat(8_000)}`],
    ['NaN', '{"text":NaN}'],
  ])('may not be %s', async (_, body) => {
    expect(await post(json, body)).toMatchObject(problem(400, 'malformed-request'))
  })

  it.each([
    ['JSON with a broken character', json, [...Buffer.from('{"text":"'), 0xc3, 0x28, ...Buffer.from('"}')]],
    ['JSON in UTF-16', json, [...Buffer.from('{"text":"x"}', 'utf16le')]],
    ['JSON with an encoded surrogate', json, [...Buffer.from('{"text":"'), 0xed, 0xa0, 0x80, 0x22, 0x7d]],
    ['a form with a broken character', form, [...Buffer.from('text='), 0xff]],
    ['a form with a broken escape', form, [...Buffer.from('text=%zz')]],
    ['a form with an escaped broken character', form, [...Buffer.from('text=%ff')]],
    ['a form with an escaped surrogate', form, [...Buffer.from('text=%ED%A0%80')]],
    ['a form with a byte-order mark', form, [...Buffer.from('\ufefftext=x')]],
  ])('may not be %s', async (_, type, bytes) => {
    expect(await post(type, Buffer.from(bytes))).toMatchObject(problem(400, 'malformed-request'))
  })

  it.each([
    ['NUL', '{"text":"a\\u0000b"}'],
    ['a lone surrogate', '{"text":"a\\ud800b"}'],
    ['an object instead of a text', `{"text":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}}`],
    ['only __proto__', '{"__proto__":{"text":"x"}}'],
  ])('may not hold %s', async (_, body) => {
    const response = await post(json, body)
    expect(response).toMatchObject(problem(400, 'invalid-input'))
    expect(response.body.errors).toEqual([{ pointer: '/text', detail: expect.any(String) }])
  })

  it('may have unknown fields, which are ignored, whatever their names', async () => {
    const text =
      '{"text":"x","__proto__":{"text":5},"constructor":1,"toString":null,"\\u0000":"","id":"mine"}'
    const response = await post(json, text)
    expect(response).toMatchObject({
      status: 201,
      body: { text: 'x', id: expect.not.stringMatching('mine') },
    })
    expect(await post(form, '__proto__=1&text=x&hasOwnProperty=1')).toMatchObject({ status: 201 })
  })

  it('may repeat a field; the last value is used', async () => {
    const last = { status: 201, body: { text: 'last' } }
    expect(await post(json, '{"text":"first","text":"last"}')).toMatchObject(last)
    expect(await post(form, 'text=first&text=last')).toMatchObject(last)
  })

  it('may be missing if the endpoint has none', async () => {
    const { token } = await buildUser(service)
    const headers = { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' }
    expect(await call(service, 'POST', '/api/logout', { token, headers })).toMatchObject({ status: 204 })
    expect(await post('', '')).toMatchObject(problem(400, 'malformed-request'))
    expect(await post(form, '')).toMatchObject(problem(400, 'invalid-input'))
  })
})

describe('the size of a body', () => {
  const limit = 16 * 1024
  const sized = (bytes: number) => `{"text":"x","rest":"${'y'.repeat(bytes - 22)}"}`

  /** Sends the body chunked, and another request after it on the same connection. */
  async function chunked(body: string): Promise<ApiResponse[]> {
    const headers = {
      Authorization: `Bearer ${alice.token}`,
      'Content-Type': json,
      Connection: 'keep-alive',
      'Transfer-Encoding': 'chunked',
    }
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const connection = open(service)
    connection.socket.write(requestText(`POST ${collection()} HTTP/1.1`, headers, chunk))
    connection.socket.write(requestText('GET /livez HTTP/1.1'))
    return connection.ended
  }

  it('may be 16 KiB', async () => {
    expect(await post(json, sized(limit))).toMatchObject({ status: 201 })
    expect(await chunked(sized(limit))).toMatchObject([{ status: 201 }, { status: 200 }])
  })

  it('may not be larger, and a larger one is counted', async () => {
    const tooLarge = problem(413, 'content-too-large')
    const counted = await growth(
      service,
      'microposts_request_rejected_total',
      { microposts_rejection_reason: 'body_size' },
      async () => {
        expect(await post(json, sized(limit + 1))).toMatchObject(tooLarge)
        expect(await post(form, `text=${'x'.repeat(limit)}`)).toMatchObject(tooLarge)
        expect(await chunked(sized(limit + 1))).toMatchObject([tooLarge, { status: 200 }])
      },
    )
    expect(counted).toBe(3)
  })

  it('is not limited if the body is not read, and the connection stays usable', async () => {
    const body = 'x'.repeat(300_000)
    const headers = { Connection: 'keep-alive', 'Content-Length': String(body.length) }
    const connection = open(service)
    connection.socket.write(requestText('POST /nowhere HTTP/1.1', headers, body))
    connection.socket.write(requestText('POST /livez HTTP/1.1', headers, body))
    connection.socket.write(requestText('GET /livez HTTP/1.1', headers, body))
    connection.socket.write(requestText('GET /livez HTTP/1.1'))
    const responses = await connection.ended
    expect(responses.map(({ status }) => status)).toEqual([404, 405, 200, 200])
  })
})

describe('a path', () => {
  it.each([
    '/api/users/',
    '/api/users/ALICE/',
    '/api/users/ALICE/collection/',
    '/livez/',
    '/api',
    '/API/users',
    '/api//users',
    '/api%2Fusers',
    '/api/users%00',
    '/api/users/%00',
    '/api/users/%zz',
    '/api/users/%ff',
    '/api/users/%',
    '/api/users/a%2Fb',
    '/api/users/ALICE%2Fcollection',
    '/api/users/..%2F..%2Flivez',
    '/api/users/%F0%9F%90%98',
    '/api/users/__proto__',
    '/problems/__proto__',
    '/problems/constructor',
    `/api/users/${'x'.repeat(15_000)}`,
    `/${'x/'.repeat(7_000)}`,
  ])('that does not exist gets 404: %s', async (path) => {
    const named = path.replace('ALICE', alice.username)
    expect(await call(service, 'GET', named)).toMatchObject(problem(404, 'not-found'))
  })

  it('may have any query', async () => {
    for (const query of [
      '?',
      '??',
      '?%zz',
      '?a=%ff',
      '?__proto__=1',
      '?limit[]=x',
      `?x=${'y'.repeat(15_000)}`,
    ])
      expect(await call(service, 'GET', `${collection()}${query}`)).toMatchObject({ status: 200 })
  })
})

describe('a query parameter', () => {
  it('may not be repeated', async () => {
    expect(await call(service, 'GET', '/api/users?limit=1&limit=2')).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: 'limit' }] },
    })
  })
})

describe('methods', () => {
  it('HEAD works wherever GET does, with the same headers and no body', async () => {
    const { href } = await buildPost(service, alice)
    const paths = [
      '/livez',
      '/readyz',
      '/openapi.json',
      '/problems/not-found',
      '/api/users',
      collection(),
      href,
    ]
    for (const path of [...paths, '/api/sessions']) {
      const { token } = alice
      const get = await call(service, 'GET', path, { token })
      const head = await call(service, 'HEAD', path, { token })
      const comparable = ({ headers }: ApiResponse) =>
        [...headers].filter(([name]) => !['x-request-id', 'date', 'connection', 'keep-alive'].includes(name))
      expect(head).toMatchObject({ status: get.status, text: '' })
      expect(comparable(head)).toEqual(comparable(get))
    }
    expect(await call(service, 'HEAD', '/api/users/nobody-is-called-so')).toMatchObject({
      status: 404,
      text: '',
    })
    expect(await call(service, 'HEAD', '/api/sessions')).toMatchObject({ status: 401, text: '' })
  })

  it.each([
    ['/api/users', 'GET, HEAD, OPTIONS, POST'],
    ['/api/users/alice', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['/api/users/alice/collection', 'GET, HEAD, OPTIONS, POST'],
    [`/api/users/alice/collection/${absentId}`, 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
    ['/api/login', 'OPTIONS, POST'],
    ['/livez', 'GET, HEAD, OPTIONS'],
  ])('of %s are %s', async (path, methods) => {
    const allowed = ({ headers }: ApiResponse) => headers.get('Allow')?.split(', ').sort().join(', ')
    const options = await call(service, 'OPTIONS', path)
    expect(options).toMatchObject({ status: 204, text: '' })
    expect(allowed(options)).toBe(methods)
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY', 'LINK']) {
      if (methods.includes(method)) continue
      const response = await call(service, method, path)
      expect(response.status).toBe(405)
      if (method !== 'HEAD') expect(response).toMatchObject(problem(405, 'method-not-allowed'))
      expect(allowed(response)).toBe(methods)
    }
  })

  it('OPTIONS gets the errors of every method: an unknown path, an invalid token', async () => {
    expect(await call(service, 'OPTIONS', '/api/nothing')).toMatchObject(problem(404, 'not-found'))
    const invalid = await call(service, 'OPTIONS', '/api/users', { token: 'invalid' })
    expect(invalid).toMatchObject(problem(401, 'unauthenticated'))
  })
})

describe('Accept', () => {
  const get = (accept: string, path = '/api/users') =>
    call(service, 'GET', path, { headers: { Accept: accept } })

  it.each([
    '*/*',
    'application/*',
    'application/json',
    'Application/JSON',
    'application/json;q=0.1',
    'application/json; charset=latin1',
    'application/json;version=2;q=0.5',
    'application/json; profile="a,b;q=0"',
    'text/html, application/xml;q=0.9, */*;q=0.1',
    'text/html;q=1, application/json;q=0.001',
  ])('may be %s', async (accept) => {
    const response = await get(accept)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
  })

  it.each([
    'application/xml',
    'text/*',
    'text/html',
    'application/json;q=0',
    'application/json; q=0',
    'application/json ; q = 0',
    'application/json;version=1;q=0.0',
    '*/*;q=0',
    'application/json;q=0, */*',
    'nonsense',
    ',',
  ])('may not be %s', async (accept) => {
    const response = await get(accept)
    expect(response).toMatchObject(problem(406, 'not-acceptable'))
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  })

  it('is parsed in linear time', { timeout: 20_000 }, async () => {
    // Quadratic time would take more than 100 ms for each of these.
    for (let i = 0; i < 400; i++) expect(await get(';\\"'.repeat(5_000))).toMatchObject({ status: 406 })
    for (const accept of [';"'.repeat(7_000), ';q'.repeat(7_000), '/,'.repeat(7_000)])
      expect(await get(accept)).toMatchObject({ status: 406 })
  })

  it('is checked against the media type of the response, and ignored if there is no body', async () => {
    expect(await get('text/html', '/problems/not-found')).toMatchObject({ status: 200 })
    expect(await get('application/json', '/problems/not-found')).toMatchObject(problem(406, 'not-acceptable'))
    const { href } = await buildPost(service, alice)
    const headers = { Accept: 'application/xml' }
    const { token } = alice
    expect(await call(service, 'DELETE', href, { token, headers })).toMatchObject({ status: 204 })
    expect(await call(service, 'OPTIONS', '/api/users', { headers })).toMatchObject({ status: 204 })
  })
})

describe('a token', () => {
  const withAuthorization = (path: string, value: string) =>
    call(service, 'GET', path, { headers: { Authorization: value } })

  it('is required by some endpoints', async () => {
    const response = await call(service, 'GET', '/api/sessions')
    expect(response).toMatchObject(problem(401, 'unauthenticated'))
    expect(response.headers.get('WWW-Authenticate')).toBe('Bearer')
  })

  it.each([
    'Bearer invalid',
    'Bearer',
    'Bearer a b',
    'Bearer Bearer x',
    'Basic YWxpY2U6eA==',
    'Token x',
    'x',
    `Bearer ${'x'.repeat(10_000)}`,
    'Bearer \u00fc',
  ])('that is invalid gets 401 under /api, required or not: %s', async (value) => {
    for (const path of ['/api/sessions', '/api/users', collection()]) {
      const response = await withAuthorization(path, value)
      expect(response).toMatchObject(problem(401, 'unauthenticated'))
      expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer\b/)
    }
  })

  it('is ignored outside /api', async () => {
    for (const path of ['/livez', '/readyz', '/openapi.json', '/problems/forbidden'])
      expect(await withAuthorization(path, 'Bearer invalid')).toMatchObject({ status: 200 })
  })

  it.each(['Bearer ', 'bearer ', 'BEARER  '])('follows "%s"', async (scheme) => {
    expect(await withAuthorization('/api/sessions', `${scheme}${alice.token}`)).toMatchObject({ status: 200 })
  })

  it('is not a cookie', async () => {
    const login = await call(service, 'POST', '/api/login', {
      json: { username: alice.username, password: alice.password },
    })
    expect(login).toMatchObject({ status: 200 })
    expect(login.headers.get('Set-Cookie')).toBeNull()
  })
})

describe('of two errors the first is', () => {
  const xml = { Accept: 'application/xml' }
  const plain = { 'Content-Type': 'text/plain' }
  const large = JSON.stringify({ text: 'x'.repeat(20_000) })
  const missing = () => `${collection()}/${absentId}`
  const other = '/api/users/someone-else/collection'
  const rows: [string, number, string, () => string, RequestOptions & { anonymous?: boolean }][] = [
    [
      '404 of the path before 406 and 401',
      404,
      'PATCH',
      () => '/api/nothing',
      { token: 'invalid', headers: xml },
    ],
    ['405 before 406', 405, 'DELETE', () => '/api/users', { headers: xml }],
    ['405 before 401', 405, 'PUT', () => '/api/sessions', { token: 'invalid' }],
    ['406 before 401', 406, 'GET', () => '/api/sessions', { token: 'invalid', headers: xml }],
    ['401 before 403', 401, 'POST', () => other, { token: 'invalid', json: { text: 'x' } }],
    ['401 before 415', 401, 'POST', collection, { anonymous: true, body: 'x', headers: plain }],
    ['403 before 415', 403, 'POST', () => other, { body: 'x', headers: plain }],
    ['403 before 413', 403, 'POST', () => other, { body: large, headers: { 'Content-Type': json } }],
    ['403 before 400', 403, 'POST', () => other, { json: {} }],
    ['403 before 404', 403, 'DELETE', () => `${other}/${absentId}`, {}],
    ['415 before 413', 415, 'POST', collection, { body: large, headers: plain }],
    ['413 before 400', 413, 'POST', collection, { body: large, headers: { 'Content-Type': json } }],
    ['400 of the body before 404', 400, 'PUT', missing, { json: { text: '' } }],
    ['400 of the body before 404 of a malformed id', 400, 'PUT', () => `${collection()}/1`, { json: {} }],
    ['400 of the query before 404', 400, 'GET', () => '/api/users/nobody-is-so/collection?limit=0', {}],
    ['400 of a header before 404', 400, 'DELETE', missing, { headers: { 'If-Match': 'x' } }],
    ['404 before 412', 404, 'DELETE', missing, { headers: { 'If-Match': '"1"' } }],
    ['400 before 409', 400, 'POST', () => '/api/users', { json: { username: 'ALICE', password: 'short' } }],
  ]

  it.each(rows)('%s', async (_, status, method, path, { anonymous, ...options }) => {
    const token = anonymous ? undefined : (options.token ?? alice.token)
    const response = await call(service, method, path(), { ...options, token })
    expect(response).toMatchObject({ status, body: { status } })
  })
})
