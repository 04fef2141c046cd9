import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildUser, call } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { scrape } from '../../harness/telemetry/scrape.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

it('rejects a flood of logins with 503, without delaying other requests or later logins', async () => {
  const { username, password } = await buildUser(service)
  const login = (password: string) => call(service, 'POST', '/api/login', { json: { username, password } })
  const order: number[] = []
  const flood = Array.from({ length: 200 }, async () => {
    const response = await login('a wrong password')
    order.push(response.status)
    return response
  })
  const profile = await call(service, 'GET', `/api/users/${username}`)
  expect(profile.status).toBe(200)
  // The profile, which was requested last, did not wait for the hashes.
  expect(order.length).toBeLessThan(200)

  const responses = await Promise.all(flood)
  const refused = responses.filter(({ status }) => status === 503)
  expect(responses.filter(({ status }) => status === 401).length).toBe(200 - refused.length)
  expect(refused.length).toBeGreaterThan(100)
  expect(refused.length).toBeLessThan(200)
  for (const { headers, body } of refused) {
    expect(body.type).toBe('/problems/overloaded')
    expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0)
  }
  // No login is queued behind those that are refused.
  expect(order.lastIndexOf(503)).toBeLessThan(order.lastIndexOf(401))

  const seen = await scrape(service)
  const overload = { microposts_rejection_reason: 'overload' }
  expect(seen.sum('microposts_request_rejected_total', overload)).toBe(refused.length)
  expect(seen.sum('microposts_exception_total')).toBe(0)
  expect((await login(password)).status).toBe(200)
})
