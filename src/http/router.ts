// Leads a request to its route and through what the route's declaration asks, in the order of the refusals:
// path, method, Accept, token, limit, owner, body, input, what the path names.
import { Readable } from 'node:stream'
import { Router, type RouterContext } from '@koa/router'
import { AppError } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import { type Authenticate, authenticated, checkOwner } from './authentication.ts'
import { readBody } from './body.ts'
import type { Context, Middleware, State } from './context.ts'
import { type Auth, type Endpoint, type Input, isApi, type Output, type Route } from './endpoint.ts'
import { isNotModified } from './headers/conditional-requests.ts'
import { checkAccept, mediaTypes, producedTypes } from './headers/content-negotiation.ts'
import { createValidator } from './input.ts'
import type { Limit, Limits } from './rate-limits.ts'

/** What every route under `/api` passes. */
export type Guards = { authenticate: Authenticate; limits: Limits }

/** One middleware that answers all routes, and 404, 405 and OPTIONS around them. */
export function routed(routes: readonly Route[], guards: Guards): Middleware {
  const router = new Router<State>({ strict: true, sensitive: true })
  for (const route of routes) {
    router.register(route.endpoint.path, [route.endpoint.method], answering(route, guards))
  }
  const dispatch = router.routes()
  return (ctx) => dispatch(ctx as RouterContext<State>, () => answerUnmatched(ctx, guards))
}

function answering({ endpoint, handle }: Route, guards: Guards) {
  const types = producedTypes(endpoint)
  const { auth, limit } = endpoint

  return async (ctx: Context & { params: Record<string, string> }) => {
    ctx.state.route = endpoint.path
    checkAccept(ctx, types)
    const viewer = await admit(ctx, guards, auth, limit)
    if (auth === 'owner') checkOwner(viewer, ctx.params.username)
    const input = await readInput(ctx, endpoint, viewer)
    await guards.limits.afterInput(ctx, limit, viewer, input.body)
    send(ctx, endpoint, await handle(input))
  }
}

/** Auth sends a request under `/api`, if its token and the limits before its input let it through. */
async function admit(ctx: Context, { authenticate, limits }: Guards, auth: Auth, limit?: Limit) {
  if (!isApi(ctx.path)) return undefined
  const viewer = await authenticated(ctx, auth, authenticate)
  await limits.beforeInput(ctx, limit, viewer)
  return viewer
}

/**
 * Everything that a handler needs. Body, query and headers are judged together, so that a client learns every
 * fault at once; then the path, whose faults mean that what it names does not exist.
 */
async function readInput(
  ctx: Context & { params: Record<string, string> },
  endpoint: Endpoint,
  viewer: Viewer | undefined,
): Promise<Input<Endpoint>> {
  const validator = createValidator()
  const body = validator.part('body', endpoint.body, endpoint.body && (await readBody(ctx)))
  const query = validator.part('query', endpoint.query, endpoint.query && { ...ctx.query })
  const headers = validator.part('header', endpoint.headers, ctx.headers)
  validator.check()
  const params = endpoint.params?.safeParse(ctx.params)
  if (params && !params.success) throw new AppError('not-found', 'What the path names does not exist.')
  return {
    params: params?.data ?? {},
    query,
    headers,
    body,
    requestHeaders: ctx.headers,
    viewer,
    origin: ctx.state.origin,
    url: ctx.path + ctx.search,
  } as Input<Endpoint>
}

function send(ctx: Context, { replies }: Endpoint, output: Output<Endpoint>) {
  ctx.status = output.status
  for (const [name, value] of Object.entries(output.headers ?? {}))
    if (value !== undefined) ctx.set(name, value)
  if (replies[304] && isNotModified(ctx, output.headers?.ETag)) ctx.status = 304
  const reply = replies[ctx.status]
  if (!reply?.body) {
    ctx.body = null
    return
  }
  // Node takes the listeners that Koa adds to the response of a stream for a leak.
  if (isStream(output.body)) ctx.res.setMaxListeners(20)
  ctx.body = reply.type ? output.body : JSON.stringify(output.body)
  const [type = ''] = mediaTypes(reply)
  ctx.set('Content-Type', output.headers?.['Content-Type'] ?? (reply.type ? type : `${type}; charset=utf-8`))
}

const isStream = (body: unknown) => body instanceof Readable

async function answerUnmatched(ctx: Context, guards: Guards) {
  const { matched = [] } = ctx as Partial<RouterContext>
  if (matched.length === 0) throw new AppError('not-found', 'Nothing is at this path.')
  const allow = [...new Set([...matched.flatMap((layer) => layer.methods), 'OPTIONS'])].join(', ')
  if (ctx.method !== 'OPTIONS') {
    throw new AppError('method-not-allowed', `This path has ${allow}.`, { headers: { Allow: allow } })
  }
  await admit(ctx, guards, 'none')
  ctx.set('Allow', allow)
  ctx.status = 204
}
