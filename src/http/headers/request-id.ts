// Sets the id of every request, in the state and in the response.
import { randomUUID } from 'node:crypto'
import type { Middleware } from '../context.ts'

const valid = /^[A-Za-z0-9._-]{1,128}$/

export function requestId(): Middleware {
  return (ctx, next) => {
    ctx.state.requestId = chooseRequestId(ctx.req.headers['x-request-id'])
    ctx.res.setHeader('X-Request-Id', ctx.state.requestId)
    return next()
  }
}

/** The client's `X-Request-Id` if it is valid, else a new id. */
export const chooseRequestId = (sent: string | string[] | undefined): string =>
  typeof sent === 'string' && valid.test(sent) ? sent : randomUUID()
