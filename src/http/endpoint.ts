// The declaration of an endpoint. It validates requests, types the handler and becomes the OpenAPI operation.
import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { ErrorCode, Fault } from '../errors.ts'
import type { Quota } from '../quota.ts'
import type { Viewer } from '../viewer.ts'
import type { RateLimit } from './rate-limits.ts'

/** Who may call an endpoint: anyone, any user with a token, or the user that the path's `:username` names. */
export type Auth = 'none' | 'user' | 'owner'

/** Under overload, what hashes a password (`login`) is rejected first, then writes, then reads. */
export type Priority = 'read' | 'write' | 'login'

export type Reply = {
  description: string
  body?: z.ZodType
  /** Media type of the body, JSON by default. If there are several, the handler sets `Content-Type`. */
  type?: string | readonly string[]
  /** Headers that the reply always has, each with its description. */
  headers?: Readonly<Record<string, string>>
  /** Headers that the reply may have. */
  optionalHeaders?: Readonly<Record<string, string>>
}

export type Endpoint = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** A template such as `/api/users/:username`. */
  path: string
  auth: Auth
  /**
   * Whether the endpoint belongs to the API; `apiRoutes` sets it. If so, requests count against the request limit,
   * and an invalid token is refused even if `auth` is `none`.
   */
  api?: boolean
  summary: string
  description?: string
  tag: string
  rateLimit?: RateLimit
  /** By default the method's. Only a path without parameters can have another: it is found before routing. */
  priority?: Priority
  /** If the path's parameters do not match, the response is 404. */
  params?: z.ZodObject
  query?: z.ZodObject
  /** Request headers by their lower-case names. */
  headers?: z.ZodObject
  body?: z.ZodObject
  /**
   * Finds faults of the body that need a look-up. The router calls it only for input that is invalid already, so that
   * the response lists all faults; valid input costs no second look-up, because the service makes its own.
   */
  moreFaults?: (body: Readonly<Record<string, unknown>>) => Promise<readonly Fault[]>
  replies: Readonly<Record<number, Reply>>
  /** Problems that only this endpoint has. The others follow from the rest of the declaration. */
  problems?: readonly ErrorCode[]
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : Record<never, never>

/** What a handler gets: an authenticated, permitted request with parsed input. */
export type Input<E extends Endpoint> = {
  params: Parsed<E['params']>
  query: Parsed<E['query']>
  headers: Parsed<E['headers']>
  body: Parsed<E['body']>
  /** All headers of the request as Node parses them, for static files. */
  requestHeaders: IncomingHttpHeaders
  viewer: E['auth'] extends 'none' ? Viewer | undefined : Viewer
  /** `https://host`, for absolute links. */
  origin: string
  /** Path and query as sent, for the links of a list. */
  url: string
}

/** What a handler returns: a declared status with the body that belongs to it. */
export type Output<E extends Endpoint> = {
  [S in keyof E['replies'] & number]: {
    status: S
    headers?: Record<string, string | undefined>
    /** The quota of a rate limit that the handler counts. */
    quota?: Quota | undefined
  } & (E['replies'][S] extends {
    body: infer B extends z.ZodType
  }
    ? { body: z.input<B> }
    : { body?: undefined })
}[keyof E['replies'] & number]

export type Handler<E extends Endpoint> = (input: Input<E>) => Output<E> | Promise<Output<E>>

export type Route = { endpoint: Endpoint; handle: Handler<Endpoint> }

/** Combines a declaration with its handler. The declaration determines the handler's input and output types. */
export function route<const E extends Endpoint>(endpoint: E, handle: NoInfer<Handler<E>>): Route {
  // Safe: the router passes each handler only input that its own declaration parsed.
  return { endpoint, handle: handle as unknown as Handler<Endpoint> }
}

/** Marks routes as part of the API. */
export const apiRoutes = (routes: readonly Route[]): Route[] =>
  routes.map(({ endpoint, handle }) => ({ endpoint: { ...endpoint, api: true }, handle }))
