// What every request carries on its way through the service.

import type { Middleware as KoaMiddleware, ParameterizedContext } from 'koa'

/** What is left of a rate limit. */
export type Quota = { limit: number; remaining: number; resetMs: number; exceeded: boolean }

export type State = {
  requestId: string
  /** The template of the route that it matched. */
  route?: string
  /** `https://host`, the base of every link in the answer. */
  origin: string
  /** Bytes of the request's body, once it was read. */
  bodyBytes?: number
  /** Of the limits that were judged so far, the one that is nearest. */
  tightestQuota?: Quota
}

export type Context = ParameterizedContext<State>
export type Middleware = KoaMiddleware<State>
