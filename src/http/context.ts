// The state that the middlewares of a request share.
import type { Middleware as KoaMiddleware, ParameterizedContext } from 'koa'
import type { Quota } from '../quota.ts'

export type State = {
  requestId: string
  /** The path template of the matched route. */
  route?: string
  /** The user who sends the request, if its token has been checked. */
  userId?: string
  /** `https://host`, the base of every link in the response. */
  origin: string
  /** Size of the request body, once it has been read. */
  bodyBytes?: number
  /** The quota with the fewest requests remaining, of those checked so far. */
  tightestQuota?: Quota
}

export type Context = ParameterizedContext<State>
export type Middleware = KoaMiddleware<State>
