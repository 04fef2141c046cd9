// Talks to a service as an API client does.
import { randomBytes } from 'node:crypto'
import { type Agent, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

export type Target = { url: string }
/** Any JSON value; a test fails when it reads a property that is missing. */
export type Json = ReturnType<typeof JSON.parse>
/** `body` is the parsed text if that is JSON, else the text. */
export type ApiResponse = { status: number; headers: Headers; text: string; body: Json }
export type RequestOptions = {
  token?: string | undefined
  json?: unknown
  /** The body if there is no `json`. */
  body?: string | Uint8Array | URLSearchParams | undefined
  /** Sends the body without a Content-Length. */
  chunked?: boolean
  headers?: Record<string, string> | undefined
  agent?: Agent
}

/** A server that does not respond fails the request instead of blocking it forever. */
const timeoutMs = 30_000

/** Sends one request; resolves with the response when its headers are there. The caller reads the body. */
export function send(target: Target, method: string, path: string, options: RequestOptions = {}) {
  const { token, chunked, headers, agent } = options
  const { type, bytes } = contentOf(options)
  return new Promise<IncomingMessage>((resolve, reject) => {
    const sending = request(new URL(path, target.url), {
      method,
      ...(agent && { agent }),
      timeout: timeoutMs,
      headers: {
        ...(type && { 'Content-Type': type }),
        ...(bytes && !chunked && { 'Content-Length': bytes.length }),
        ...(token && { Authorization: `Bearer ${token}` }),
        ...headers,
      },
    })
    sending.on('response', resolve).on('error', reject)
    sending.on('timeout', () =>
      sending.destroy(new Error(`${method} ${path}: no response in ${timeoutMs} ms`)),
    )
    // Node.js adds a Content-Length itself unless the body is written before the end.
    if (chunked && bytes) sending.write(bytes)
    sending.end(chunked ? undefined : bytes)
  })
}

function contentOf({ json, body }: RequestOptions): { type?: string; bytes?: Buffer } {
  if (json !== undefined) return { type: 'application/json', bytes: Buffer.from(JSON.stringify(json)) }
  if (body instanceof URLSearchParams)
    return { type: 'application/x-www-form-urlencoded', bytes: Buffer.from(body.toString()) }
  return body === undefined ? {} : { bytes: Buffer.from(body) }
}

/** Sends one request and reads the whole response. Redirects are not followed. */
export async function callUnchecked(
  target: Target,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<ApiResponse> {
  const message = await send(target, method, path, options)
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(message.headersDistinct))
    for (const value of values) headers.append(name, value)
  const text = textOf(await buffer(message), headers)
  const isJson = /json/.test(headers.get('Content-Type') ?? '') && text !== ''
  return { status: message.statusCode ?? 0, headers, text, body: isJson ? JSON.parse(text) : text }
}

function textOf(body: Buffer, headers: Headers): string {
  // The response to HEAD names the encoding of a body that it does not have.
  const isGzipped = headers.get('Content-Encoding') === 'gzip' && body.length > 0
  return (isGzipped ? gunzipSync(body) : body).toString()
}

type ResponseCheck = (target: Target, method: string, url: URL, response: ApiResponse) => Promise<void>
let checkResponse: ResponseCheck | undefined

/** Makes `call` reject when `check` rejects a response. */
export function setResponseCheck(check: ResponseCheck): void {
  checkResponse = check
}

/** The same as `callUnchecked`, but with the check that the tests set (test/support/setup.ts). */
export async function call(
  target: Target,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<ApiResponse> {
  const response = await callUnchecked(target, method, path, options)
  await checkResponse?.(target, method, new URL(path, target.url), response)
  return response
}

export type User = { username: string; password: string; token: string }

/** Signs a user up and logs in; the username is random unless `fields` has one. */
export async function buildUser(target: Target, fields: Partial<Record<string, string>> = {}): Promise<User> {
  const credentials = { username: uniqueName(), password: 'correct horse battery', ...fields }
  await expectStatus(201, call(target, 'POST', '/api/users', { json: credentials }))
  const login = await expectStatus(200, call(target, 'POST', '/api/login', { json: credentials }))
  return { username: credentials.username, password: credentials.password, token: login.body.token }
}

/** Creates a post of a user and returns it as the API does. */
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

async function expectStatus(status: number, response: Promise<ApiResponse>): Promise<ApiResponse> {
  const got = await response
  if (got.status !== status) throw new Error(`Expected ${status}, got ${got.status}: ${got.text}`)
  return got
}
