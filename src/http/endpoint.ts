// The declaration of an endpoint: what validates its requests, types its handler and becomes its OpenAPI.
import type { IncomingHttpHeaders } from 'node:http'
import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import type { Limit } from './rate-limits.ts'

/** `owner` is the user that the path's `:username` names. */
export type Auth = 'none' | 'user' | 'owner'

export type Reply = {
  description: string
  body?: z.ZodType
  /** Media type of the body; JSON unless it says otherwise. Of several, the handler's `Content-Type` names one. */
  type?: string | readonly string[]
  /** Headers that the reply always carries, with a description each. */
  headers?: Readonly<Record<string, string>>
  /** Those that it may carry. */
  optionalHeaders?: Readonly<Record<string, string>>
}

export type Endpoint = {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** A template such as `/api/users/:username`. */
  path: string
  auth: Auth
  summary: string
  description?: string
  tag: string
  limit?: Limit
  /** A path whose parameters do not match names nothing: 404. */
  params?: z.ZodObject
  query?: z.ZodObject
  /** Request headers by their lower-case names. */
  headers?: z.ZodObject
  body?: z.ZodObject
  replies: Readonly<Record<number, Reply>>
  /** The problems that are this endpoint's own; the general ones follow from the rest of the declaration. */
  problems?: readonly ErrorCode[]
}

/** Where tokens are looked at and requests are limited. */
export const isApi = (path: string): boolean => path.startsWith('/api/')

type Parsed<S> = S extends z.ZodType ? z.output<S> : Record<never, never>

/** A request as its handler sees it: parsed, authenticated, allowed. */
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
  /** The path and query as sent, for the links of a list. */
  url: string
}

/** What a handler may answer: a declared status with the body that belongs to it. */
export type Output<E extends Endpoint> = {
  [S in keyof E['replies'] & number]: {
    status: S
    headers?: Record<string, string | undefined>
  } & (E['replies'][S] extends {
    body: infer B extends z.ZodType
  }
    ? { body: z.input<B> }
    : { body?: undefined })
}[keyof E['replies'] & number]

export type Handler<E extends Endpoint> = (input: Input<E>) => Output<E> | Promise<Output<E>>

/** An endpoint and the function that answers it. */
export type Route = { endpoint: Endpoint; handle: Handler<Endpoint> }

/** Ties a handler to its declaration; the types of its input and output follow from it. */
export function route<const E extends Endpoint>(endpoint: E, handle: NoInfer<Handler<E>>): Route {
  // The router hands each handler only what its own declaration parsed, so the wider type is never used.
  return { endpoint, handle: handle as unknown as Handler<Endpoint> }
}
