// Handles the requests of one connection one after the other, however many a client pipelines (RFC 9112, section 9.3.2).
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export type Handle = (request: IncomingMessage, response: ServerResponse) => unknown
type Exchange = { request: IncomingMessage; response: ServerResponse }
/** The requests of a connection that wait while one is being handled. */
type Queue = { isBusy: boolean; waiting: Exchange[] }

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
  const queues = new WeakMap<Socket, Queue>()

  return (request, response) => {
    const { socket } = request
    const queue = queueOf(socket)
    if (!queue.isBusy) start({ request, response }, queue)
    else if (queue.waiting.length < maxWaiting) {
      socket.pause()
      queue.waiting.push({ request, response })
      if (queue.waiting.length === maxWaiting) response.setHeader('Connection', 'close')
    }
  }

  function queueOf(socket: Socket): Queue {
    const known = queues.get(socket)
    if (known) return known
    const queue = { isBusy: false, waiting: [] }
    queues.set(socket, queue)
    return queue
  }

  function start({ request, response }: Exchange, queue: Queue) {
    const { socket } = request
    queue.isBusy = true
    response.once('close', () => {
      queue.isBusy = false
      const next = socket.destroyed ? undefined : queue.waiting.shift()
      if (!next) return
      if (queue.waiting.length === 0) socket.resume()
      start(next, queue)
    })
    handle(request, response)
  }
}
