// Talks to a service as an API client does.
import { randomBytes } from 'node:crypto'
import { checkAnswer } from './contract.ts'

export type Target = { url: string }
/** What a test reads from an answer: it fails on anything that is not there. */
export type Json = ReturnType<typeof JSON.parse>
export type Answer = { status: number; headers: Headers; text: string; body: Json }
export type Options = {
  token?: string
  json?: unknown
  headers?: Record<string, string>
  body?: RequestInit['body']
}

/**
 * One request; `json` becomes its body. The answer's body is parsed where it is JSON. Fails on an answer that the
 * service's OpenAPI document does not have.
 */
export async function call(
  target: Target,
  method: string,
  path: string,
  options: Options = {},
): Promise<Answer> {
  const { token, json, headers, body } = options
  const url = new URL(path, target.url)
  const response = await fetch(url, {
    method,
    headers: {
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: json === undefined ? body : JSON.stringify(json),
    redirect: 'manual',
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('Content-Type') ?? '') && text !== ''
  const answer = {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : text,
  }
  await checkAnswer(target, method, url, answer)
  return answer
}

export type User = { username: string; password: string; token: string }

/** Signs a user up and in; a name of its own unless one is given. */
export async function buildUser(target: Target, fields: Partial<Record<string, string>> = {}): Promise<User> {
  const credentials = { username: uniqueName(), password: 'correct horse battery', ...fields }
  await expectStatus(201, call(target, 'POST', '/api/users', { json: credentials }))
  const login = await expectStatus(200, call(target, 'POST', '/api/login', { json: credentials }))
  return { username: credentials.username, password: credentials.password, token: login.body.token }
}

/** Posts as a user; the answered post. */
export async function buildPost(
  target: Target,
  { username, token }: User,
  fields: object = {},
): Promise<Json> {
  const json = { text: `A post of ${username}`, ...fields }
  const path = `/api/users/${username}/collection`
  return (await expectStatus(201, call(target, 'POST', path, { token, json }))).body
}

export const uniqueName = () => `u${randomBytes(6).toString('hex')}`

async function expectStatus(status: number, answer: Promise<Answer>): Promise<Answer> {
  const got = await answer
  if (got.status !== status) throw new Error(`Expected ${status}, got ${got.status}: ${got.text}`)
  return got
}
