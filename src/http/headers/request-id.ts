// Gives every request its id and the origin of its links, and every answer the id.
import { randomUUID } from 'node:crypto'
import type { Middleware } from '../context.ts'

const requestId = /^[A-Za-z0-9._-]{1,128}$/

export function requestContext(): Middleware {
  return (ctx, next) => {
    const given = ctx.get('X-Request-Id')
    ctx.state.requestId = requestId.test(given) ? given : randomUUID()
    ctx.set('X-Request-Id', ctx.state.requestId)
    return next()
  }
}
