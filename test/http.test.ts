// The conventions of the API, whatever the feature.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from './support/client.ts'
import { growth } from './support/metrics.ts'
import { exchange } from './support/raw.ts'
import { type Service, startService } from './support/service.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const json = { 'Content-Type': 'application/json' }
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const send = (body: RequestInit['body'], headers: Record<string, string> = json) =>
  call(service, 'POST', '/api/login', { body, headers })
const problem = (code: string, status: number) => ({ status, body: { type: `/problems/${code}`, status } })
const rejected = (reason: string, work: () => Promise<unknown>) =>
  growth(service, 'microposts_request_rejected_total', { microposts_rejection_reason: reason }, work)

describe('request bodies', () => {
  it.each([
    ['JSON', json],
    ['JSON in UTF-8', { 'Content-Type': 'application/json; charset="UTF-8"' }],
    ['identity', { ...json, 'Content-Encoding': 'identity' }],
  ])('takes %s', async (_, headers) => {
    const body = '{"username":"nobody","password":"x","__proto__":{"a":1},"more":1,"password":"y"}'
    expect(await send(body, headers)).toMatchObject(problem('wrong-credentials', 401))
  })

  it.each([
    ['text', { 'Content-Type': 'text/plain' }],
    ['multipart', { 'Content-Type': 'multipart/form-data; boundary=x' }],
    ['another charset', { 'Content-Type': 'application/json; charset=latin1' }],
    ['gzip', { ...json, 'Content-Encoding': 'gzip' }],
  ])('refuses %s', async (_, headers) => {
    expect(await send('{}', headers)).toMatchObject(problem('unsupported-media-type', 415))
  })

  it.each([
    ['no JSON', '{', json],
    ['an array', '[]', json],
    ['null', 'null', json],
    ['deep nesting', '['.repeat(16_384), json],
    ['a byte-order mark', '\ufeff{}', json],
    ['bad UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), json],
    ['bad UTF-8 in a form', Buffer.from([0x61, 0x3d, 0xff]), form],
    ['a bad escape in a form', 'username=%ff', form],
    ['nothing', '', json],
  ])('refuses %s', async (_, body, headers) => {
    expect(await send(body, headers)).toMatchObject(problem('malformed-request', 400))
  })

  it('refuses more than 16 KiB, announced or in chunks, and counts it', async () => {
    const body = JSON.stringify({ username: 'x'.repeat(200_000), password: 'x' })
    const head =
      'POST /api/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n'
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const counted = await rejected('body_size', async () => {
      expect(await send(body)).toMatchObject(problem('content-too-large', 413))
      const answer = await exchange(service, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`)
      expect(answer).toMatch(/^HTTP\/1\.1 413 .*"\/problems\/content-too-large"/s)
    })
    expect(counted).toBe(2)
  })
})

describe('paths and methods', () => {
  it.each([
    '/api/users/',
    '/api/nothing',
    '/API/users',
    '/api/users/a%2Fb',
    '/api/users/%zz',
    '/api/users/%00',
  ])('answers 404 for %s', async (path) =>
    expect(await call(service, 'GET', path)).toMatchObject(problem('not-found', 404)),
  )

  it('answers HEAD as GET, without the body', async () => {
    const [get, head] = [await call(service, 'GET', '/api/users'), await call(service, 'HEAD', '/api/users')]
    expect(head).toMatchObject({ status: 200, text: '' })
    for (const name of ['Content-Type', 'Content-Length'])
      expect(head.headers.get(name)).toBe(get.headers.get(name))
  })

  it('answers OPTIONS with 204 and what a path lacks with 405, both with Allow', async () => {
    const options = await call(service, 'OPTIONS', '/api/users')
    expect(options).toMatchObject({ status: 204, text: '' })
    const refused = await call(service, 'DELETE', '/api/users')
    expect(refused).toMatchObject(problem('method-not-allowed', 405))
    for (const { headers } of [options, refused])
      expect(headers.get('Allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'OPTIONS', 'POST'])
  })

  it.each([
    ['text/html', 406],
    ['application/json;q=0', 406],
    ['text/html, application/json; version=2;q=0.5', 200],
    ['application/*', 200],
    ['*/*', 200],
  ])('answers Accept: %s with %i', async (Accept, status) =>
    expect(await call(service, 'GET', '/api/users', { headers: { Accept } })).toMatchObject({ status }),
  )
})

describe('headers', () => {
  it('challenges where a token is missing or dead, under /api alone', async () => {
    const missing = await call(service, 'GET', '/api/sessions')
    expect(missing).toMatchObject(problem('unauthenticated', 401))
    expect(missing.headers.get('WWW-Authenticate')).toBe('Bearer')
    const dead = await call(service, 'GET', '/api/users', { token: 'dead' })
    expect(dead).toMatchObject(problem('unauthenticated', 401))
    expect(dead.headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"')
    expect(await call(service, 'GET', '/livez', { token: 'dead' })).toMatchObject({ status: 200 })
  })

  it('keeps a request id that it can, and makes one where not', async () => {
    const idFor = async (headers: Record<string, string>) =>
      (await call(service, 'GET', '/nothing', { headers })).headers.get('X-Request-Id')
    expect(await idFor({ 'X-Request-Id': 'a.B_9-' })).toBe('a.B_9-')
    for (const id of ['a b', 'x'.repeat(129)])
      expect(await idFor({ 'X-Request-Id': id })).toMatch(/^[0-9a-f-]{36}$/)
    expect(await idFor({})).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each(['/api/users', '/nothing', '/openapi.json', '/problems/not-found'])('guards %s', async (path) => {
    const { headers } = await call(service, 'GET', path)
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('Referrer-Policy')).toBe('no-referrer')
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('X-Powered-By')).toBeNull()
  })
})

describe('what is no request', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['a malformed Host', 'GET /livez HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', 400],
    ['too many headers', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('refuses %s with a problem', async (_, bytes, status) => {
    const answer = await exchange(service, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(answer).toContain('Content-Type: application/problem+json')
  })

  it('counts what the parser refused', async () => {
    expect(await rejected('malformed', () => exchange(service, 'nonsense\r\n\r\n'))).toBe(1)
  })
})
