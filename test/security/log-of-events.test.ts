// The log has each event that matters after an attack: who logged in, who failed to, what was refused.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildUser, call, type User, uniqueName } from '../../harness/http/client.ts'
import { type LogLine, type Service, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

let service: Service
let alice: User
let marker: User
beforeAll(async () => {
  service = await startService()
  alice = await buildUser(service)
  marker = await buildUser(service)
})
afterAll(() => service.stop())

/** Waits for a line of its own: by then all earlier lines have arrived. Returns its index. */
async function mark(): Promise<number> {
  const requestId = uniqueName()
  const headers = { 'X-Request-Id': requestId }
  await call(service, 'DELETE', '/api/users/nobody', { token: marker.token, headers })
  const index = () => service.lines.findIndex((line) => line.requestId === requestId)
  await until('the line of the mark', () => index() >= 0)
  return index()
}

/** The lines of the log for what `work` did, without time and level. */
async function logged(work: () => Promise<unknown>): Promise<object[]> {
  const start = await mark()
  await work()
  const lines = service.lines.slice(start + 1, await mark())
  for (const { level, time } of lines)
    expect({ level, time }).toEqual({ level: 30, time: expect.any(Number) })
  return lines.map(({ level: _level, time: _time, ...fields }: LogLine) => fields)
}

const id = expect.stringMatching(/^[0-9a-f-]{36}$/)
const login = (password: string, username = alice.username) =>
  call(service, 'POST', '/api/login', { json: { username, password } })
const profile = () => `/api/users/${alice.username}`

it('sign-up and login', async () => {
  const lines = await logged(() => buildUser(service))
  expect(lines).toEqual([
    { userId: id, msg: 'user registered' },
    { userId: id, sessionId: id, msg: 'logged in' },
  ])
})

it('a failed login, with the user if there is one, and never what was typed', async () => {
  const failed = await logged(() => login('not the right one'))
  expect(failed).toEqual([{ userId: id, msg: 'login failed' }])
  const unknown = await logged(() => login('not the right one', uniqueName()))
  expect(unknown).toEqual([{ msg: 'login failed' }])
})

it('the end of a session, by its user and by another session', async () => {
  const { token } = (await login(alice.password)).body
  const { token: other } = (await login(alice.password)).body
  const sessions = (await call(service, 'GET', '/api/sessions', { token })).body
  const logout = await logged(() => call(service, 'POST', '/api/logout', { token: other }))
  expect(logout).toEqual([{ sessionId: sessions[0].id, msg: 'session ended' }])
  const end = await logged(() => call(service, 'DELETE', `/api/sessions/${sessions[1].id}`, { token }))
  expect(end).toEqual([{ userId: id, sessionId: sessions[1].id, msg: 'session ended' }])
})

it('a request for what belongs to somebody else', async () => {
  const bob = await buildUser(service)
  const headers = { 'X-Request-Id': 'the-one' }
  const lines = await logged(() => call(service, 'DELETE', profile(), { token: bob.token, headers }))
  const request = { requestId: 'the-one', method: 'DELETE', route: '/api/users/:username', userId: id }
  expect(lines).toEqual([{ ...request, msg: 'request forbidden' }])
})

it('a changed password, a failed change, and the end of an account', async () => {
  const { token } = alice
  const change = (currentPassword: string) =>
    call(service, 'PATCH', profile(), { token, json: { password: 'a new and better one', currentPassword } })
  const failed = await logged(() => change('not the right one'))
  expect(failed).toEqual([{ userId: id, msg: 'password change failed' }])
  const changed = await logged(() => change(alice.password))
  expect(changed).toEqual([{ userId: id, sessionId: id, msg: 'password changed' }])
  const deleted = await logged(() => call(service, 'DELETE', profile(), { token }))
  expect(deleted).toEqual([{ userId: id, msg: 'user deleted' }])
})

it('nothing for an ordinary request', async () => {
  const lines = await logged(async () => {
    await call(service, 'GET', '/api/users')
    await call(service, 'GET', '/api/sessions')
    await call(service, 'POST', '/api/users', { json: {} })
    await call(service, 'GET', '/nowhere')
  })
  expect(lines).toEqual([])
})
