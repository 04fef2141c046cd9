import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type Json } from './support/client.ts'
import { createContract } from './support/contract.ts'
import { type Service, startService } from './support/service.ts'

let service: Service
let document: Json
beforeAll(async () => {
  service = await startService()
  document = (await call(service, 'GET', '/openapi.json')).body
})
afterAll(() => service.stop())

const operations = (): Json[] => Object.values<Json>(document.paths).flatMap((path) => Object.values(path))

describe('GET /openapi.json', () => {
  it('gives every operation an id of its own', () => {
    const ids = operations().map(({ operationId }) => operationId)
    expect(ids.length).toBeGreaterThan(20)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('documents the headers of every answer', () => {
    for (const { responses } of operations()) {
      for (const [status, { headers }] of Object.entries<Json>(responses)) {
        expect(headers).toHaveProperty('X-Request-Id')
        if (status === '401') expect(headers).toHaveProperty('WWW-Authenticate')
        if (status === '429') expect(headers).toHaveProperty('Retry-After')
      }
    }
  })

  it('describes what the service answers', async () => {
    const check = createContract(document)
    const alice = await buildUser(service)
    const post = await buildPost(service, alice)
    const { token } = alice
    const calls = [
      ['GET', '/api/users'],
      ['GET', '/api/posts'],
      ['GET', '/api/posts?limit=0'],
      ['GET', `/api/users/${alice.username}`],
      ['HEAD', `/api/users/${alice.username}`],
      ['GET', `/api/users/${alice.username}/timeline`],
      ['GET', '/api/users/nobody-is-called-so'],
      ['POST', '/api/users'],
      ['GET', '/api/sessions'],
      ['PATCH', new URL(post.href).pathname],
      ['DELETE', new URL(post.href).pathname],
      ['GET', '/readyz'],
      ['GET', '/problems/not-found'],
    ] as const
    for (const [method, path] of calls) {
      check(method, path.replace(/\?.*/, ''), await call(service, method, path, { token }))
      check(method, path.replace(/\?.*/, ''), await call(service, method, path, { token: 'dead' }))
    }
  })

  it('is broken by a status, a type and a body that it does not have', async () => {
    const check = createContract(document)
    const { headers, body } = await call(service, 'GET', '/livez')
    expect(() => check('GET', '/livez', { status: 418, headers, body })).toThrow('status')
    expect(() => check('GET', '/livez', { status: 200, headers, body: {} })).toThrow('required')
    const text = new Headers({ 'Content-Type': 'text/plain' })
    expect(() => check('GET', '/livez', { status: 200, headers: text, body })).toThrow('text/plain')
  })
})
