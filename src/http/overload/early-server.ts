// Node's server, with a chance to respond before anybody else hears of a request.
import { type IncomingMessage, Server, type ServerOptions, type ServerResponse } from 'node:http'
import type { Handle } from './one-at-a-time.ts'

/** Returns whether it has sent the response. */
export type RejectEarly = (request: IncomingMessage, response: ServerResponse) => boolean

/** Asks `rejectEarly` about each request before it emits `request`, on which telemetry and the app depend. */
export class EarlyServer extends Server {
  readonly #rejectEarly: RejectEarly

  constructor(rejectEarly: RejectEarly, options: ServerOptions, handle: Handle) {
    super(options, handle)
    this.#rejectEarly = rejectEarly
  }

  override emit(event: string, ...args: unknown[]): boolean {
    const [request, response] = args
    const isRejected =
      event === 'request' && this.#rejectEarly(request as IncomingMessage, response as ServerResponse)
    return isRejected || super.emit(event, ...args)
  }
}
