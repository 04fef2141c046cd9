// Random requests: every response is documented in the OpenAPI document, and none is a 5xx.
// FUZZ_SEED=… repeats a run; a failed run prints its seed.
import { Agent, request } from 'node:http'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { type ApiResponse, buildPost, buildUser, call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import { createContract } from '../support/contract.ts'
import { type AnyRequest, anyRequest } from './support/any-request.ts'
import { readOperations } from './support/operations.ts'

const numRuns = 1_500
const timeLimitMs = 40_000

const service = await startService({ TRUST_PROXY: 'true' })
const agent = new Agent({ keepAlive: true })
afterAll(() => {
  agent.destroy()
  return service.stop()
})
const { document, operations } = await readOperations(service)
const check = createContract(document)

/** Values for the placeholders of a request. */
async function buildWorld() {
  const owner = await buildUser(service)
  const other = await buildUser(service)
  const post = await buildPost(service, owner)
  const sessions = await call(service, 'GET', '/api/sessions', { token: owner.token })
  return { owner, other, post: post.id, session: sessions.body[0].id }
}
// The users named in the document's examples.
for (const username of ['alice', 'bob']) await buildUser(service, { username })
let world = await buildWorld()

const inPath = (text: string) =>
  text
    .replace(/@(owner|other)/g, (_, who: 'owner' | 'other') => world[who].username)
    .replace(/@(post|session)/g, (_, what: 'post' | 'session') => world[what])
const inHeader = (text: string) =>
  text.replace(/^Bearer @(owner|other)$/, (_, who: 'owner' | 'other') => `Bearer ${world[who].token}`)

function send({ method, path, headers, content }: AnyRequest): Promise<ApiResponse> {
  const sent = {
    ...Object.fromEntries(headers.map(([name, value]) => [name, inPath(inHeader(value))])),
    ...(content && { 'content-type': content.type, 'content-length': content.body.length }),
  }
  return new Promise((resolve, reject) => {
    const sending = request(
      new URL(service.url),
      { agent, method, path: inPath(path), headers: sent },
      (response) => {
        const status = response.statusCode ?? 0
        const responseHeaders = new Headers(Object.entries(response.headers) as [string, string][])
        const isStream = /event-stream/.test(responseHeaders.get('Content-Type') ?? '')
        if (isStream) response.destroy()
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('close', () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = /json/.test(responseHeaders.get('Content-Type') ?? '') && text !== ''
          resolve({ status, headers: responseHeaders, text, body: isJson ? JSON.parse(text) : text })
        })
      },
    )
    sending.once('error', reject)
    sending.end(content?.body)
  })
}

it(`responds to ${numRuns} requests as documented, and never with 5xx`, { timeout: 120_000 }, async () => {
  const seen: Record<number, number> = {}
  const property = fc.asyncProperty(anyRequest(operations), async (any) => {
    const received = await send(any)
    seen[received.status] = (seen[received.status] ?? 0) + 1
    expect(received.status).toBeLessThan(500)
    if (any.operation.startsWith(`${any.method} `))
      check(any.method, inPath(any.path).replace(/\?.*/, ''), received)
    // The request ended the user's session or account.
    if (received.status === 401 && any.headers.some(([, value]) => value.startsWith('Bearer @')))
      world = await buildWorld()
  })
  const seed = process.env.FUZZ_SEED ? Number(process.env.FUZZ_SEED) : undefined
  // The message of a failure contains the seed and the smallest failing request.
  await fc.assert(property, {
    numRuns,
    interruptAfterTimeLimit: timeLimitMs,
    ...(seed !== undefined && { seed }),
  })
  const total = Object.values(seen).reduce((sum, count) => sum + count, 0)
  const good = (seen[200] ?? 0) + (seen[201] ?? 0) + (seen[204] ?? 0)
  // If most requests were refused early, the test would show nothing.
  expect(good / total).toBeGreaterThan(0.2)
})
