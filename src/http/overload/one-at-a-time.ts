// Handles the requests of one connection one after the other, however many a client pipelines (RFC 9112, section 9.3.2).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export type Handle = (request: IncomingMessage, response: ServerResponse) => unknown
type Exchange = { request: IncomingMessage; response: ServerResponse }

/** Parsed requests that may wait on one connection. Node parses what it has read, so reading less is not enough. */
const defaultMaxWaiting = 100

/**
 * Calls `handle` when the previous response on the connection is complete; until then, the connection is not read.
 * Responses must be sent in order anyway, so pipelining clients lose no time, and get no more than their share of the service.
 *
 * Of more than `maxWaiting` requests at once, the last ones are dropped. The response before them closes the connection,
 * which tells the client to send them again.
 */
export function oneAtATime(handle: Handle, maxWaiting = defaultMaxWaiting): Handle {
  /** The requests that wait on each connection whose request is being handled. */
  const connections = new WeakMap<Socket, Exchange[]>()

  return (request, response) => {
    const { socket } = request
    const waiting = connections.get(socket)
    if (!waiting) {
      const queue: Exchange[] = []
      connections.set(socket, queue)
      start({ request, response }, queue)
    } else if (waiting.length < maxWaiting) {
      socket.pause()
      waiting.push({ request, response })
      if (waiting.length === maxWaiting) response.setHeader('Connection', 'close')
    }
  }

  function start({ request, response }: Exchange, queue: Exchange[]) {
    const { socket } = request
    response.once('close', () => {
      const next = socket.destroyed ? undefined : queue.shift()
      if (queue.length === 0) socket.resume()
      if (next) start(next, queue)
      else connections.delete(socket)
    })
    handle(request, response)
  }
}
