// The log has each event that matters after an attack: who logged in, who failed to, what was refused.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildUser, call, type User, uniqueName } from '../../harness/http/client.ts'
import { type LogLine, type Service, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

let service: Service
let alice: User
beforeAll(async () => {
  service = await startService()
  alice = await buildUser(service)
})
afterAll(() => service.stop())

/** The lines of the log for what `work` did, without time and level. Waits for as many as expected. */
async function logged(count: number, work: () => Promise<unknown>): Promise<object[]> {
  const before = service.lines.length
  await work()
  const lines = () => service.lines.slice(before)
  await until('the lines', () => lines().length >= count)
  for (const { level, time } of lines())
    expect({ level, time }).toEqual({ level: 30, time: expect.any(Number) })
  return lines().map(({ level: _level, time: _time, ...fields }: LogLine) => fields)
}

const id = expect.stringMatching(/^[0-9a-f-]{36}$/)
const login = (password: string, username = alice.username) =>
  call(service, 'POST', '/api/login', { json: { username, password } })
const profile = () => `/api/users/${alice.username}`

it('sign-up and login', async () => {
  const lines = await logged(2, () => buildUser(service))
  expect(lines).toEqual([
    { userId: id, msg: 'user registered' },
    { userId: id, sessionId: id, msg: 'logged in' },
  ])
})

it('a failed login, with the user if there is one, and never what was typed', async () => {
  const failed = await logged(1, () => login('not the right one'))
  expect(failed).toEqual([{ userId: id, msg: 'login failed' }])
  const unknown = await logged(1, () => login('not the right one', uniqueName()))
  expect(unknown).toEqual([{ msg: 'login failed' }])
})

it('the end of a session, by its user and by another session', async () => {
  const { token } = (await login(alice.password)).body
  const { token: other } = (await login(alice.password)).body
  const sessions = (await call(service, 'GET', '/api/sessions', { token })).body
  const logout = await logged(1, () => call(service, 'POST', '/api/logout', { token: other }))
  expect(logout).toEqual([{ sessionId: sessions[0].id, msg: 'session ended' }])
  const end = await logged(1, () => call(service, 'DELETE', `/api/sessions/${sessions[1].id}`, { token }))
  expect(end).toEqual([{ userId: id, sessionId: sessions[1].id, msg: 'session ended' }])
})

it('a request for what belongs to somebody else', async () => {
  const bob = await buildUser(service)
  const headers = { 'X-Request-Id': 'the-one' }
  const lines = await logged(1, () => call(service, 'DELETE', profile(), { token: bob.token, headers }))
  const request = { requestId: 'the-one', method: 'DELETE', route: '/api/users/:username', userId: id }
  expect(lines).toEqual([{ ...request, msg: 'request forbidden' }])
})

it('a changed password, a failed change, and the end of an account', async () => {
  const { token } = alice
  const change = (currentPassword: string) =>
    call(service, 'PATCH', profile(), { token, json: { password: 'a new and better one', currentPassword } })
  const failed = await logged(1, () => change('not the right one'))
  expect(failed).toEqual([{ userId: id, msg: 'password change failed' }])
  const changed = await logged(1, () => change(alice.password))
  expect(changed).toEqual([{ userId: id, sessionId: id, msg: 'password changed' }])
  const deleted = await logged(1, () => call(service, 'DELETE', profile(), { token }))
  expect(deleted).toEqual([{ userId: id, msg: 'user deleted' }])
})

it('nothing for an ordinary request', async () => {
  const lines = await logged(0, async () => {
    await call(service, 'GET', '/api/users')
    await call(service, 'GET', '/api/sessions')
    await call(service, 'POST', '/api/users', { json: {} })
    await call(service, 'GET', '/nowhere')
  })
  expect(lines).toEqual([])
})
