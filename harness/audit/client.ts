// Sends requests through the proxy and remembers every response.
import { Agent, type IncomingMessage } from 'node:http'
import { type ApiResponse, callUnchecked, type RequestOptions, send } from '../http/client.ts'

export type Client = ReturnType<typeof createClient>

/** The proxy responded itself because the service did not; the request had no effect. */
export class Unavailable extends Error {}

/** `onServed` is called for each response of the service. */
export function createClient(url: string, onServed = () => {}) {
  const agent = new Agent({ keepAlive: true })
  const responses: { method: string; path: string; status: number }[] = []
  const unexpected: string[] = []
  let served = 0

  function note(method: string, target: string, status: number, fromService: boolean, expected: number[]) {
    const [path = ''] = target.split('?')
    responses.push({ method, path, status })
    if (!fromService) throw new Unavailable(`${method} ${path}: ${status}`)
    served++
    onServed()
    if (!expected.includes(status))
      unexpected.push(`${method} ${target}: ${status}, not ${expected.join(' or ')}`)
  }

  return {
    /** Every response, of the service or of the proxy. */
    responses: responses as readonly (typeof responses)[number][],
    /** Responses of the service whose status was not an expected one. */
    unexpected: unexpected as readonly string[],
    /** How many responses came from the service. */
    served: () => served,

    /** Sends one request and reads its response. @throws {Unavailable} */
    async send(
      method: string,
      target: string,
      expected: number | number[],
      options: RequestOptions = {},
    ): Promise<ApiResponse> {
      const response = await callUnchecked({ url }, method, target, { ...options, agent })
      // Only the service sets this header.
      note(method, target, response.status, response.headers.has('X-Request-Id'), [expected].flat())
      return response
    },

    /** Opens a stream, which the caller closes. @throws {Unavailable} */
    async open(target: string, options: RequestOptions): Promise<IncomingMessage> {
      const message = await send({ url }, 'GET', target, { ...options, agent })
      const fromService = message.headers['x-request-id'] !== undefined
      if (!fromService) message.resume()
      note('GET', target, message.statusCode ?? 0, fromService, [200])
      return message
    },

    close: () => agent.destroy(),
  }
}
