// Dispatches requests to routes and does what each declaration demands. A request with several errors gets the first of:
// path, method, Accept, token, rate limit, owner, body, input, resource.
import { Readable } from 'node:stream'
import { Router, type RouterContext } from '@koa/router'
import type { DescribedRequest } from '../../lib/http-attributes.ts'
import { AppError } from '../errors.ts'
import { type Authenticate, checkOwner, findViewer } from './authentication.ts'
import type { Context, Middleware, State } from './context.ts'
import type { Endpoint, Output, Reply, Route } from './endpoint.ts'
import { isNotModified } from './headers/conditional-requests.ts'
import { checkAccept, mediaTypes, producedTypes } from './headers/content-negotiation.ts'
import { readInput } from './input.ts'
import { inParts } from './overload/large-body.ts'
import type { RateLimits } from './rate-limits.ts'

export type RouterDependencies = { authenticate: Authenticate; rateLimits: RateLimits }

/** One middleware for all routes. It also responds to unknown paths (404), other methods (405) and OPTIONS. */
export function createRouter(routes: readonly Route[], deps: RouterDependencies): Middleware {
  // A router tries the pattern of each of its routes, so there is one for each number of segments: a parameter matches one.
  const groups = Map.groupBy(routes, ({ endpoint }) => segmentsOf(endpoint.path))
  const dispatchers = new Map(
    Array.from(groups, ([segments, group]) => [segments, createDispatcher(group, deps)]),
  )
  const apiPaths = new Set(routes.filter(({ endpoint }) => endpoint.api).map(({ endpoint }) => endpoint.path))
  return (ctx) => {
    const unmatched = () => respondUnmatched(ctx, apiPaths, deps)
    const dispatch = dispatchers.get(segmentsOf(ctx.path))
    return dispatch ? dispatch(ctx as RouterContext<State>, unmatched) : unmatched()
  }
}

const segmentsOf = (path: string) => path.split('/').length

function createDispatcher(routes: readonly Route[], deps: RouterDependencies) {
  const router = new Router<State>({ strict: true, sensitive: true })
  for (const route of routes) {
    router.register(route.endpoint.path, [route.endpoint.method], createMiddleware(route, deps))
  }
  return router.routes()
}

function createMiddleware({ endpoint, handle }: Route, { authenticate, rateLimits }: RouterDependencies) {
  const { path, auth, api, rateLimit, replies } = endpoint
  const types = producedTypes(endpoint)
  const contentTypes = Object.fromEntries(
    Object.entries(replies).map(([status, reply]) => [status, contentType(reply)]),
  )

  return async (ctx: Context & { params: Record<string, string> }) => {
    setRoute(ctx, path)
    checkAccept(ctx, types)
    const viewer = await findViewer(ctx, endpoint, authenticate)
    if (viewer) ctx.state.userId = viewer.userId
    if (api) await rateLimits.checkRequest(ctx, viewer)
    if (rateLimit) await rateLimits.checkBeforeInput(ctx, rateLimit, viewer)
    try {
      if (auth === 'owner') checkOwner(viewer, ctx.params.username)
      const input = await readInput(ctx, endpoint, viewer)
      if (rateLimit) await rateLimits.checkAfterInput(ctx, rateLimit, viewer, input.body)
      // The client has gone while the request waited; nobody would read the response.
      if (ctx.res.destroyed) return
      const output = await handle(input)
      rateLimits.show(ctx, output.quota)
      send(ctx, replies, contentTypes, output)
    } catch (error) {
      if (rateLimit) await rateLimits.checkAfterFailure(ctx, rateLimit, viewer, error)
      throw error
    }
  }
}

/** On Node's request too, where telemetry reads it. */
function setRoute(ctx: Context, path: string) {
  ctx.state.route = path
  const request: DescribedRequest = ctx.req
  request.route = path
}

function contentType(reply: Reply): string {
  const [type = ''] = mediaTypes(reply)
  return reply.type ? type : `${type}; charset=utf-8`
}

function send(
  ctx: Context,
  replies: Endpoint['replies'],
  contentTypes: Readonly<Record<string, string>>,
  output: Output<Endpoint>,
) {
  ctx.status = output.status
  for (const [name, value] of Object.entries(output.headers ?? {})) {
    if (value === undefined) continue
    // Appended, because CORS sets `Vary: Origin`.
    if (name === 'Vary') ctx.vary(value)
    else ctx.res.setHeader(name, value)
  }
  if (replies[304] && isNotModified(ctx, output.headers?.ETag)) ctx.status = 304
  const reply = replies[ctx.status]
  if (!reply?.body) {
    ctx.body = null
    return
  }
  const body = reply.type ? inParts(output.body) : JSON.stringify(output.body)
  // Koa adds enough listeners to a streamed response for Node to warn of a leak.
  if (isStream(body)) ctx.res.setMaxListeners(20)
  // Before the body, for which Koa would otherwise guess a type.
  ctx.res.setHeader('Content-Type', output.headers?.['Content-Type'] ?? contentTypes[ctx.status] ?? '')
  ctx.body = body
}

const isStream = (body: unknown) => body instanceof Readable

async function respondUnmatched(ctx: Context, apiPaths: Set<string>, deps: RouterDependencies) {
  const { matched = [] } = ctx as Partial<RouterContext>
  if (matched.length === 0) throw new AppError('not-found', 'This path does not exist.')
  const allow = [...new Set([...matched.flatMap((layer) => layer.methods), 'OPTIONS'])].join(', ')
  if (ctx.method !== 'OPTIONS') {
    throw new AppError('method-not-allowed', `This path supports ${allow}.`, { headers: { Allow: allow } })
  }
  if (matched.some((layer) => apiPaths.has(String(layer.path)))) {
    const viewer = await findViewer(ctx, { auth: 'none', api: true }, deps.authenticate)
    await deps.rateLimits.checkRequest(ctx, viewer)
  }
  ctx.set('Allow', allow)
  ctx.status = 204
}
