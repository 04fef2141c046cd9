// What every request carries on its way through the service.

import type { Middleware as KoaMiddleware, ParameterizedContext } from 'koa'
import type { Spent } from './limits.ts'

/** Who sends the request: the user of a live session. */
export type Viewer = { userId: string; username: string; usernameKey: string; sessionId: string }

export type State = {
  requestId: string
  /** The template of the route that it matched. */
  route?: string
  /** `https://host`, the base of every link in the answer. */
  origin: string
  /** Bytes of the request's body, once it was read. */
  bodyBytes?: number
  /** Of the limits that were judged so far, the one that is nearest. */
  nearest?: Spent
}

export type Context = ParameterizedContext<State>
export type Middleware = KoaMiddleware<State>
