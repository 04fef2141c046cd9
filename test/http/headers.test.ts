// Headers and links of all responses, CORS, and internal errors.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { type ApiResponse, buildPost, buildUser, call, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { growth } from '../../harness/telemetry/scrape.ts'
import { openExisting } from '../database/support/opened.ts'
import { exchange, requestText } from './support/raw.ts'

async function start(env: Record<string, string> = {}): Promise<Service> {
  const service = await startService(env)
  onTestFinished(() => service.stop())
  return service
}

let service: Service
let alice: User
beforeAll(async () => {
  service = await startService()
  alice = await buildUser(service)
})
afterAll(() => service.stop())

describe('X-Request-Id', () => {
  const withId = (id: string | undefined) =>
    call(service, 'GET', '/api/nothing', { headers: id === undefined ? {} : { 'X-Request-Id': id } })

  it.each(['a', 'A-Z_a.z-0123456789', 'x'.repeat(128)])('is the client’s if valid: %s', async (id) => {
    const { headers, body } = await withId(id)
    expect(headers.get('X-Request-Id')).toBe(id)
    expect(body.instance).toBe(id)
  })

  it.each([undefined, '', 'x'.repeat(129), 'a b', 'a,b', 'ü', '<b>', 'a/b', '"a"'])(
    'is new instead of %j',
    async (id) => {
      const { headers, body } = await withId(id)
      expect(headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(body.instance).toBe(headers.get('X-Request-Id'))
      expect(headers.get('X-Request-Id')).not.toBe((await withId(id)).headers.get('X-Request-Id'))
    },
  )

  it('is new if the client sends two', async () => {
    const headers = { 'X-Request-Id': 'one\r\nX-Request-Id: two' }
    const [response] = await exchange(service, requestText('GET /livez HTTP/1.1', headers))
    expect(response?.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('every response', () => {
  async function allResponses(): Promise<ApiResponse[]> {
    const { token } = alice
    const { href } = await buildPost(service, alice)
    const collection = `/api/users/${alice.username}/collection`
    const tagged = { 'If-None-Match': '"1"' }
    const large = { 'Content-Type': 'application/json' }
    return [
      await call(service, 'GET', href),
      await call(service, 'HEAD', href),
      await call(service, 'GET', href, { headers: tagged }),
      await call(service, 'POST', collection, { token, json: { text: 'x' } }),
      await call(service, 'DELETE', href, { token }),
      await call(service, 'OPTIONS', '/api/users'),
      await call(service, 'GET', '/problems/not-found'),
      await call(service, 'POST', collection, { token, json: {} }),
      await call(service, 'POST', collection, { json: {} }),
      await call(service, 'POST', '/api/users/bob/collection', { token, json: {} }),
      await call(service, 'GET', '/nowhere'),
      await call(service, 'PUT', '/api/users'),
      await call(service, 'GET', '/livez', { headers: { Accept: 'text/css' } }),
      await call(service, 'POST', collection, { token, body: 'x'.repeat(17_000), headers: large }),
      await call(service, 'POST', collection, { token, body: 'x' }),
      ...(await exchange(service, requestText('GET /livez HTTP/1.1', { Host: 'a b' }))),
    ]
  }

  it('has security headers and reveals no software', async () => {
    const all = await allResponses()
    expect(all.map(({ status }) => status)).toEqual([
      200, 200, 304, 201, 204, 204, 200, 400, 401, 403, 404, 405, 406, 413, 415, 400,
    ])
    for (const { headers } of all) {
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(headers.get('Referrer-Policy')).toBe('no-referrer')
      expect(headers.get('X-Frame-Options')).toBe('DENY')
      const policy = headers.get('Content-Security-Policy')?.split(';')
      for (const directive of ['default-src', 'frame-ancestors', 'base-uri', 'form-action'])
        expect(policy).toContain(`${directive} 'none'`)
      expect(headers.get('X-Request-Id')).not.toBeNull()
      for (const name of ['X-Powered-By', 'Server', 'Set-Cookie', 'Access-Control-Allow-Origin'])
        expect(headers.get(name)).toBeNull()
    }
  })

  it('with an error is a problem that must not be cached', async () => {
    const errors = (await allResponses()).filter(({ status }) => status >= 400)
    expect(errors).toHaveLength(9)
    for (const { status, headers, body } of errors) {
      expect(headers.get('Content-Type')).toBe('application/problem+json')
      expect(headers.get('Cache-Control')).toBe('no-store')
      expect(Object.keys(body).slice(0, 5)).toEqual(['type', 'title', 'status', 'detail', 'instance'])
      expect(body).toMatchObject({ status, instance: headers.get('X-Request-Id') })
      expect(await call(service, 'GET', body.type)).toMatchObject({ status: 200 })
    }
  })
})

describe('links', () => {
  /** The `href` of a user and the next link of a list, in responses to requests with these headers. */
  async function links(target: Service, headers: Record<string, string>) {
    const get = async (path: string) => {
      const [response] = await exchange(target, requestText(`GET ${path} HTTP/1.1`, headers))
      return response
    }
    const { username } = await buildUser(target)
    await buildUser(target)
    const user = await get(`/api/users/${username}`)
    const next = (await get('/api/users?limit=1'))?.headers.get('Link')
    return { href: user?.body.href.replace(username, 'ALICE'), next: next?.replace(/cursor=.*$/, 'cursor=…') }
  }
  const linksTo = (origin: string) => ({
    href: `${origin}/api/users/ALICE`,
    next: `<${origin}/api/users?limit=1&cursor=…`,
  })
  const forwarded = { 'X-Forwarded-Host': 'posts.example, proxy', 'X-Forwarded-Proto': 'https, http' }

  it('use the Host of the request', async () => {
    expect(await links(service, { Host: 'posts.example:8080' })).toEqual(linksTo('http://posts.example:8080'))
    expect(await links(service, { Host: '[::1]:1' })).toEqual(linksTo('http://[::1]:1'))
  })

  it('ignore forwarded headers without TRUST_PROXY', async () => {
    expect(await links(service, { Host: 'own.example', ...forwarded })).toEqual(linksTo('http://own.example'))
  })

  it('use forwarded headers with TRUST_PROXY', async () => {
    const trusting = await start({ TRUST_PROXY: 'true' })
    expect(await links(trusting, forwarded)).toEqual(linksTo('https://posts.example'))
    expect(await links(trusting, { Host: 'own.example' })).toEqual(linksTo('http://own.example'))
    // The scheme is always http or https.
    expect(await links(trusting, { 'X-Forwarded-Proto': 'javascript' })).toEqual(linksTo('http://localhost'))
    const wrong = requestText('GET /livez HTTP/1.1', { 'X-Forwarded-Host': 'a@b.example' })
    expect(await exchange(trusting, wrong)).toMatchObject([{ status: 400 }])
  })

  it('use PUBLIC_URL, whatever the request says', async () => {
    const configured = await start({ PUBLIC_URL: 'https://posts.example/', TRUST_PROXY: 'true' })
    const other = { ...forwarded, 'X-Forwarded-Host': 'other.example' }
    expect(await links(configured, other)).toEqual(linksTo('https://posts.example'))
    const { username } = await buildUser(configured)
    const path = `/api/users/${username}`
    expect((await call(configured, 'GET', path)).body.href).toBe(`https://posts.example${path}`)
  })
})

describe('CORS_ORIGIN', () => {
  const from = (origin: string, headers: Record<string, string> = {}) => ({
    headers: { Origin: origin, ...headers },
  })
  const preflight = { 'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': 'if-match' }
  const allowed = ({ headers }: ApiResponse) => headers.get('Access-Control-Allow-Origin')

  it('allows the listed origins, also to read errors', async () => {
    const listing = await start({ CORS_ORIGIN: 'https://one.example, HTTPS://Two.example/' })
    for (const origin of ['https://one.example', 'https://two.example']) {
      for (const path of ['/api/users', '/api/nothing', '/api/sessions']) {
        const response = await call(listing, 'GET', path, from(origin))
        expect(allowed(response)).toBe(origin)
        expect(response.headers.get('Access-Control-Expose-Headers')?.split(',')).toContain('X-Request-Id')
        expect(response.headers.get('Vary')).toBe('Origin')
        expect(response.headers.get('Access-Control-Allow-Credentials')).toBeNull()
      }
      const response = await call(listing, 'OPTIONS', '/api/users/alice', from(origin, preflight))
      expect(response).toMatchObject({ status: 204, text: '' })
      expect(allowed(response)).toBe(origin)
      expect(response.headers.get('Access-Control-Allow-Methods')).toContain('PATCH')
      expect(response.headers.get('Access-Control-Allow-Headers')).toBe('if-match')
      expect(response.headers.get('X-Request-Id')).not.toBeNull()
    }
  })

  it('does not allow other origins', async () => {
    const listing = await start({ CORS_ORIGIN: 'https://one.example' })
    for (const origin of [
      'https://other.example',
      'http://one.example',
      'null',
      'https://one.example.evil',
    ]) {
      const response = await call(listing, 'GET', '/api/users', from(origin))
      expect(response.status).toBe(200)
      expect(allowed(response)).toBeNull()
      expect(response.headers.get('Vary')).toBe('Origin')
      expect(allowed(await call(listing, 'OPTIONS', '/api/users', from(origin, preflight)))).toBeNull()
    }
  })

  it('* allows every origin', async () => {
    const open = await start({ CORS_ORIGIN: '*' })
    expect(allowed(await call(open, 'GET', '/api/users', from('https://any.example')))).toBe('*')
    expect(allowed(await call(open, 'GET', '/api/nothing', from('null')))).toBe('*')
  })

  it('unset allows no origin', async () => {
    const response = await call(service, 'OPTIONS', '/api/users', from('https://any.example', preflight))
    expect(response).toMatchObject({ status: 204 })
    expect(allowed(response)).toBeNull()
    expect(response.headers.get('Vary')).toBeNull()
  })
})

describe('an internal error', () => {
  it('gets 500 without details, is logged with the request id, and is counted', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const opened = await openExisting(database)
    await opened.client.$executeRawUnsafe('DROP TABLE "Post" CASCADE')
    await opened.close()
    const faulty = await startService({}, database)
    onTestFinished(() => faulty.stop())
    const labels = { http_route: '/api/posts', error_type: 'DatabaseError' }
    const counted = await growth(faulty, 'microposts_exception_total', labels, async () => {
      const response = await call(faulty, 'GET', '/api/posts', { headers: { 'X-Request-Id': 'the-one' } })
      expect(response.status).toBe(500)
      expect(response.body).toEqual({
        type: '/problems/internal-error',
        title: 'Internal error',
        status: 500,
        detail: 'The service failed to process this request.',
        instance: 'the-one',
      })
      expect(response.headers.get('X-Request-Id')).toBe('the-one')
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
    })
    expect(counted).toBe(1)
    expect(await faulty.logged('request failed')).toMatchObject({
      level: 50,
      requestId: 'the-one',
      method: 'GET',
      route: '/api/posts',
      err: { type: 'DatabaseError', stack: expect.any(String) },
    })
    expect(await call(faulty, 'GET', '/livez')).toMatchObject({ status: 200 })
  })
})
