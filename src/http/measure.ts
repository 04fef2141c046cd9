// What instrumentation-http does not measure: requests under way and the sizes of bodies.
import type { Metrics } from '../metrics.ts'
import type { Context, Middleware, RoutedRequest } from './context.ts'
import { scheme } from './origin.ts'

export function measure(metrics: Metrics): Middleware {
  return (ctx, next) => {
    const { method } = ctx
    const requestScheme = scheme(ctx)
    metrics.requestStarted(method, requestScheme)
    // Comes once for every response, also for one that its client gave up.
    ctx.res.once('close', () => {
      metrics.requestEnded(method, requestScheme)
      recordSizes(metrics, ctx)
    })
    return next()
  }
}

function recordSizes(metrics: Metrics, ctx: Context) {
  const { route }: RoutedRequest = ctx.req
  const status = ctx.res.writableFinished ? ctx.res.statusCode : 499
  const exchange = { method: ctx.method, route, status }
  const received = ctx.state.bodyBytes ?? Number(ctx.get('Content-Length'))
  if (received > 0) metrics.requestBodyRead(exchange, received)
  const sent = ctx.method === 'HEAD' ? 0 : Number(ctx.res.getHeader('Content-Length'))
  if (sent > 0) metrics.responseBodySent(exchange, sent)
}
