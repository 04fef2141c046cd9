// Sends requests through the proxy, as many clients do on connections that they keep, and remembers every answer.
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Json } from '../http/client.ts'

export type Client = ReturnType<typeof createClient>

export type Ask = {
  token?: string | undefined
  json?: unknown
  form?: Record<string, string>
  /** As it is, with a Content-Type of its own in `headers`. */
  body?: string | Buffer
  /** Without a Content-Length. */
  chunked?: boolean
  headers?: Record<string, string>
}
/** `body` is parsed where it is JSON. */
export type Answer = { status: number; headers: IncomingHttpHeaders; body: Json }
export type Sent = { method: string; path: string; status: number }

/** The service is not there to answer: the proxy said so. Nothing was done. */
export class Away extends Error {}

const patienceMs = 30_000

export function createClient(url: string, onServed = () => {}) {
  const agent = new Agent({ keepAlive: true })
  const answered: Sent[] = []
  const unexpected: string[] = []
  let served = 0

  return {
    /** Every request that was answered, by the service or by the proxy. */
    answered: answered as readonly Sent[],
    /** Answers with another status than those that the sender takes for right. */
    unexpected: unexpected as readonly string[],
    /** How many of the requests the service answered. */
    served: () => served,

    /**
     * One request and its whole answer, whose status should be one of `expected`; of an answer that is not, only the
     * status is to be trusted.
     *
     * @throws {Away} when the proxy got no answer from the service
     */
    async send(method: string, target: string, ask: Ask, ...expected: number[]): Promise<Answer> {
      const response = await exchange(method, target, ask)
      const bytes = await buffer(response)
      const status = noteAnswer(method, target, response, expected)
      const isJson = /json/.test(response.headers['content-type'] ?? '') && bytes.length > 0
      return { status, headers: response.headers, body: isJson ? JSON.parse(bytes.toString()) : undefined }
    },

    /** One request whose answer goes on until its reader closes it. @throws {Away} */
    async open(target: string, ask: Ask): Promise<IncomingMessage> {
      const response = await exchange('GET', target, ask)
      noteAnswer('GET', target, response, [200])
      return response
    },

    close: () => agent.destroy(),
  }

  function exchange(method: string, target: string, ask: Ask): Promise<IncomingMessage> {
    const { token, json, form, chunked, headers } = ask
    const [type, body] = contentOf({ json, form, body: ask.body })
    return new Promise((resolve, reject) => {
      const sending = request(new URL(target, url), {
        method,
        agent,
        timeout: patienceMs,
        headers: {
          ...(type && { 'Content-Type': type }),
          ...(body && !chunked && { 'Content-Length': Buffer.byteLength(body) }),
          ...(token && { Authorization: `Bearer ${token}` }),
          ...headers,
        },
      })
      sending.on('response', resolve).on('error', reject)
      sending.on('timeout', () =>
        sending.destroy(new Error(`${method} ${target}: no answer in ${patienceMs} ms`)),
      )
      // Written and ended apart, a body has no length that Node could tell beforehand.
      if (body && chunked) sending.write(body)
      sending.end(chunked ? undefined : body)
    })
  }

  function noteAnswer(method: string, target: string, response: IncomingMessage, expected: number[]): number {
    const { statusCode: status = 0, headers } = response
    const [path = ''] = target.split('?')
    answered.push({ method, path, status })
    // The service gives each of its answers an id.
    if (headers['x-request-id'] === undefined) {
      response.resume()
      throw new Away(`${method} ${path}: ${status}`)
    }
    served++
    onServed()
    if (!expected.includes(status))
      unexpected.push(`${method} ${target}: ${status}, not ${expected.join(' or ')}`)
    return status
  }
}

function contentOf({
  json,
  form,
  body,
}: Pick<Ask, 'json' | 'form' | 'body'>): [string | undefined, string | Buffer | undefined] {
  if (json !== undefined) return ['application/json', JSON.stringify(json)]
  if (form) return ['application/x-www-form-urlencoded', new URLSearchParams(form).toString()]
  return [undefined, body]
}
