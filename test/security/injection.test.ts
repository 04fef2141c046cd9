// Hostile texts in everything that a client can send: none of them becomes a header of a response or a line of the log.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { type ApiResponse, buildUser, call, type User, uniqueName } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { openExisting } from '../database/support/opened.ts'
import { exchange, requestText } from '../http/support/raw.ts'

/** As text, and percent-encoded: line breaks, an escape sequence, C1, a separator of lines, reversed text. */
const breaks = '\r\nX-Forged: forged\r\n\r\n{"level":60,"msg":"forged"}'
const hostile = `${breaks}\u001b[2J\u009b31m\u0085forged\u2028forged\u202eforged`
const encoded = encodeURIComponent(hostile)

/** Requests whose every part is hostile; `raw` bytes are not what an HTTP client would send. */
function hostileRequests(target: Service, { username, token }: User): Promise<ApiResponse[]>[] {
  const one = (...request: Parameters<typeof call>) => call(...request).then((response) => [response])
  const headers = { 'User-Agent': 'forged \u009b31m\u0085forged' }
  const raw = (line: string, fields: Record<string, string> = {}) =>
    exchange(target, requestText(line, fields))
  return [
    one(target, 'POST', '/api/login', { json: { username: hostile, password: hostile }, headers }),
    one(target, 'POST', '/api/users', { json: { username: hostile, password: hostile } }),
    one(target, 'POST', '/api/users', { json: { username: uniqueName(), password: hostile, bio: hostile } }),
    one(target, 'GET', `/api/users?search=${encoded}`, { headers }),
    one(target, 'GET', `/api/users?limit=1&x=${encoded}`),
    one(target, 'GET', `/api/posts?search=${encoded}&limit=1`),
    one(target, 'GET', `/api/users/${encoded}`),
    one(target, 'GET', `/${encoded}`, { headers: { Accept: 'text/html' } }),
    one(target, 'PATCH', `/api/users/${username}`, { token, json: { displayName: hostile, bio: hostile } }),
    one(target, 'POST', `/api/users/${username}/collection`, {
      token,
      json: { text: hostile, referenced: hostile },
    }),
    one(target, 'POST', `/api/users/${username}/collection`, { token, json: { text: hostile } }),
    one(target, 'GET', '/api/sessions', { headers: { Authorization: 'Bearer forged forged' } }),
    raw(`GET /api/users?limit=1&x=>;rel="forged",<http://forged.example/> HTTP/1.1`),
    raw('GET /api/users HTTP/1.1', { 'X-Request-Id': 'a\u001b[31mforged' }),
    raw('GET /api/users HTTP/1.1', { 'X-Request-Id': 'a\nX-Forged: forged' }),
    raw('GET /api/users HTTP/1.1', { 'X-Forwarded-Host': 'forged.example\r X-Forged: forged' }),
    raw('GET /api/users HTTP/1.1', { Host: 'forged.example"><script>' }),
    raw('GET /\u001b[31mforged HTTP/1.1'),
    raw('FORGED\u001b /api/users HTTP/1.1'),
  ]
}

const send = async (target: Service, user: User) => (await Promise.all(hostileRequests(target, user))).flat()

describe('a hostile text', () => {
  let service: Service
  let alice: User
  beforeAll(async () => {
    service = await startService({
      CORS_ORIGIN: 'https://a.example',
      TRUST_PROXY: 'true',
      LOG_LEVEL: 'trace',
    })
    alice = await buildUser(service)
    await buildUser(service)
  })
  afterAll(() => service.stop())

  it('adds no header to a response, and leaves each header what it is', async () => {
    const responses = await send(service, alice)
    expect(responses.length).toBe(19)
    for (const { status, headers } of responses) {
      expect(status).toBeLessThan(500)
      expect(headers.get('X-Forged')).toBeNull()
      expect(headers.get('X-Request-Id') ?? 'none').toMatch(/^[\w.-]+$/)
      expect(headers.get('Link') ?? '<x>; rel="next"').toMatch(/^<[^<>"\s]+>; rel="next"$/)
      for (const [name, value] of headers) if (name !== 'link') expect(value).not.toMatch(/[\r\n]|forged/)
    }
    expect(responses.filter(({ headers }) => headers.has('Link')).length).toBeGreaterThan(0)
  })

  it('is data in a response: the text of JSON, and no part of a page', async () => {
    const path = `/api/users/${alice.username}`
    await call(service, 'PATCH', path, { token: alice.token, json: { bio: `</script><script>${hostile}` } })
    const profile = await call(service, 'GET', path)
    expect(profile.body.bio).toBe(`</script><script>${hostile}`)
    expect(profile.headers.get('Content-Type')).toBe('application/json; charset=utf-8')
    const page = await call(service, 'GET', `/${encoded}`, { headers: { Accept: 'text/html' } })
    expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
    expect(page.text).not.toContain('forged')
  })
})

describe('the log', () => {
  it('has one line for each failure, and nothing that a client sent', async () => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const first = await startService({}, database)
    const alice = await buildUser(first)
    await first.stop()
    // Tokens still work; logins, sign-ups, lists and new posts fail.
    const { client, close } = await openExisting(database)
    await client.$executeRawUnsafe('ALTER TABLE "User" DROP COLUMN "bio"')
    await client.$executeRawUnsafe('DROP TABLE "Post" CASCADE')
    await close()
    const service = await startService({ LOG_LEVEL: 'trace' }, database)
    onTestFinished(() => service.stop())
    const started = service.lines.length
    const responses = await send(service, alice)
    await service.stop()

    const failures = responses.filter(({ status }) => status === 500).length
    expect(failures).toBeGreaterThan(4)
    const lines = service.lines.slice(started)
    expect(lines.filter(({ msg }) => msg === 'request failed').length).toBe(failures)
    expect(lines.filter(({ level }) => level === 0)).toEqual([])
    expect(JSON.stringify(lines)).not.toMatch(/forged|X-Forged/i)
  })
})
