import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ApiResponse,
  buildPost,
  buildUser,
  callUnchecked,
  type RequestOptions,
  uniqueName,
} from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { startPrism } from './support/prism.ts'

let service: Service
let prism: Awaited<ReturnType<typeof startPrism>>
beforeAll(async () => {
  service = await startService()
  prism = await startPrism(service.url)
})
afterAll(async () => {
  await prism.close()
  await service.stop()
})

const violationsOf = ({ headers }: ApiResponse) => JSON.parse(headers.get('sl-violations') ?? '[]')

/** Sends a request through Prism, and expects this status and no violation of the document. */
async function valid(method: string, path: string, status: number, options: RequestOptions = {}) {
  const response = await callUnchecked(prism, method, path, options)
  expect([method, path, response.status, violationsOf(response)]).toEqual([method, path, status, []])
  return response
}

// Prism reads each response to its end and parses every JSON body, so streams and HEAD cannot pass.
describe('Prism, between client and service,', () => {
  it('finds no violation when users sign up, log in, follow and leave', async () => {
    const alice = { username: uniqueName(), password: 'correct horse battery' }
    const bob = await buildUser(service)
    const path = `/api/users/${alice.username}`
    await valid('POST', '/api/users', 201, { json: { ...alice, displayName: 'Alice', bio: null } })
    await valid('POST', '/api/users', 409, { json: alice })
    await valid('POST', '/api/users', 201, {
      body: new URLSearchParams({ ...alice, username: uniqueName() }),
    })
    await valid('POST', '/api/login', 401, { json: { ...alice, password: 'not my password' } })
    const { token } = (await valid('POST', '/api/login', 200, { json: alice })).body
    const sessions = (await valid('GET', '/api/sessions', 200, { token })).body
    await valid('GET', path, 200)
    await valid('GET', `/api/users/${uniqueName()}`, 404)
    await valid('GET', '/api/users?search=alice&limit=5', 200)
    await valid('PATCH', path, 200, { token, json: { bio: 'Down the rabbit hole.' } })
    await valid('PATCH', path, 401, { json: { bio: null } })
    await valid('PATCH', path, 403, { token: bob.token, json: { bio: null } })
    await valid('PUT', `${path}/following/${bob.username}`, 204, { token })
    await valid('POST', `${path}/following`, 200, { token, json: { username: bob.username } })
    await valid('GET', `${path}/following`, 200)
    await valid('GET', `/api/users/${bob.username}/followers`, 200)
    await valid('DELETE', `${path}/following/${bob.username}`, 204, { token })
    await valid('DELETE', `/api/sessions/${sessions[0].id}`, 204, { token })
    await valid('POST', '/api/logout', 401, { token })
    await valid('DELETE', `/api/users/${bob.username}`, 204, { token: bob.token })
  })

  it('finds no violation when posts are written, read, changed and deleted', async () => {
    const { username, token } = await buildUser(service)
    const { id } = await buildPost(service, { username, token, password: '' })
    const collection = `/api/users/${username}/collection`
    const post = `${collection}/${id}`
    const json = { text: 'Curiouser and curiouser! 🐇', referenced: username }
    const headers = { 'Idempotency-Key': id }
    await valid('POST', collection, 201, { token, json })
    await valid('POST', collection, 201, { token, body: new URLSearchParams({ text: 'As a form' }) })
    await valid('POST', collection, 201, { token, json, headers })
    await valid('POST', collection, 201, { token, json, headers })
    await valid('POST', collection, 422, { token, json: { text: 'Another text' }, headers })
    await valid('POST', collection, 400, { token, json: { text: 'x', referenced: uniqueName() } })
    await valid('POST', collection, 401, { json })
    await valid('GET', `${collection}?limit=2`, 200)
    await valid('GET', `/api/users/${username}/references`, 200)
    await valid('GET', `/api/users/${username}/timeline`, 200, { token })
    await valid('GET', '/api/posts?search=curiouser', 200)
    await valid('GET', post, 200)
    await valid('GET', post, 304, { headers: { 'If-None-Match': '"1"' } })
    const edit = { token, json: { text: 'Edited' }, headers: { 'If-Match': '"1"' } }
    await valid('PATCH', post, 200, edit)
    await valid('PATCH', post, 412, edit)
    await valid('PUT', post, 200, { token, json })
    await valid('DELETE', post, 204, { token })
    await valid('GET', post, 404)
    await valid('GET', '/livez', 200)
    await valid('GET', '/readyz', 200)
  })

  it('reports a request that the document forbids', async () => {
    const response = await callUnchecked(prism, 'GET', '/api/posts?limit=0')
    expect(response.status).toBe(400)
    expect(violationsOf(response)).toMatchObject([{ location: ['request', 'query', 'limit'] }])
  })
})
