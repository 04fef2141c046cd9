// Valid requests for the operations of the OpenAPI document.
import { buildPost, buildUser, call, type Json, type Target } from '../../http/client.ts'
import type { Random } from '../../random.ts'

export type World = { username: string; other: string; token: string; post: string }
export type Operation = { method: string; path: string; statuses: number[] }

export async function buildWorld(target: Target): Promise<World> {
  const user = await buildUser(target)
  const { username: other } = await buildUser(target)
  const { id: post } = await buildPost(target, user)
  return { username: user.username, token: user.token, other, post }
}

export async function readOperations(target: Target): Promise<Operation[]> {
  const { body: document } = await call(target, 'GET', '/openapi.json')
  return Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries<Json>(methods).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      path,
      statuses: Object.keys(responses).map(Number),
    })),
  )
}

/** Never sent as they are: they end the session or the account, or are responses without an end. */
const excluded =
  /^(DELETE \/api\/users\/\{username\}$|POST \/api\/logout|DELETE \/api\/sessions|POST \/api\/users$|.*stream)/

/** The text of a request in Latin-1, with the id in X-Request-Id. */
export function validRequest(random: Random, operations: Operation[], world: World, id: string): string {
  const usable = operations.filter(({ method, path }) => !excluded.test(`${method} ${path}`))
  const { method, path } = random.pick(usable)
  const target = path
    .replace('{username}', world.username)
    .replace('{other}', world.other)
    .replace('{id}', world.post)
    .replace(/\{\w+\}/g, 'x')
  const query = random.next() < 0.3 ? random.pick(queries) : ''
  const body = ['POST', 'PUT', 'PATCH'].includes(method) ? random.pick(bodies) : ''
  const isChunked = body !== '' && random.next() < 0.4
  const fields = [
    'Host: localhost',
    `X-Request-Id: ${id}`,
    ...(random.next() < 0.8 ? [`Authorization: Bearer ${world.token}`] : []),
    ...(body ? ['Content-Type: application/json'] : []),
    ...(isChunked ? ['Transfer-Encoding: chunked'] : body ? [`Content-Length: ${body.length}`] : []),
    ...(random.next() < 0.3 ? [random.pick(extra)] : []),
  ]
  const content = isChunked ? inChunks(random, body) : body
  return `${method} ${target}${query} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${content}`
}

const queries = [
  '?limit=1',
  '?search=on',
  '?limit=0',
  '?cursor=x',
  '?search=%F0%9F%90%98&limit=100',
  '?a=b&a=c',
]
const bodies = [
  '{"text":"On we go"}',
  '{"text":""}',
  '{"bio":"x"}',
  '{"username":"x","password":"y"}',
  '{}',
  '[]',
]
const extra = [
  'Accept: application/json',
  'Accept: text/html',
  'If-None-Match: "1"',
  'Accept-Encoding: gzip',
  'Expect: 100-continue',
]

function inChunks(random: Random, body: string): string {
  const at = Math.floor(random.next() * body.length)
  const parts = [body.slice(0, at), body.slice(at)].filter((part) => part !== '')
  const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
  return `${chunks.join('')}0\r\n\r\n`
}
