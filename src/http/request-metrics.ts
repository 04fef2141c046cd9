// Records the body sizes of every request and the number of active requests. What measures the process from outside records
// the duration; it reads the route and the protocol from Node's request.
import { type DescribedRequest, recordedStatus } from '../../lib/http-attributes.ts'
import type { Metrics, RequestOutcome } from '../metrics/instruments.ts'
import type { Context, Middleware } from './context.ts'
import { scheme } from './headers/origin.ts'

export function recordRequestMetrics(metrics: Metrics): Middleware {
  return (ctx, next) => {
    const { method } = ctx
    const request: DescribedRequest = ctx.req
    const protocol = scheme(ctx)
    request.protocol = protocol
    const active = metrics.requestStarted(method, protocol)
    // Emitted once per response, even if the client disconnects.
    ctx.res.once('close', () => {
      metrics.requestEnded(active)
      recordSizes(metrics, ctx, { method, route: ctx.state.route, status: recordedStatus(ctx.res) })
    })
    return next()
  }
}

function recordSizes(metrics: Metrics, ctx: Context, outcome: RequestOutcome) {
  const received = ctx.state.bodyBytes ?? Number(ctx.get('Content-Length'))
  if (received > 0) metrics.requestBodyRead(outcome, received)
  const sent = ctx.method === 'HEAD' ? 0 : Number(ctx.res.getHeader('Content-Length'))
  if (sent > 0) metrics.responseBodySent(outcome, sent)
}
