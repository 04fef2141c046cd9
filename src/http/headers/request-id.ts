// Sets the id of every request, in the state and in the response.
import { randomUUID } from 'node:crypto'
import type { Middleware } from '../context.ts'

const valid = /^[A-Za-z0-9._-]{1,128}$/

/** Uses the client's `X-Request-Id` if it is valid, else a new id. */
export function requestId(): Middleware {
  return (ctx, next) => {
    const sent = ctx.get('X-Request-Id')
    ctx.state.requestId = valid.test(sent) ? sent : randomUUID()
    ctx.set('X-Request-Id', ctx.state.requestId)
    return next()
  }
}
