// Records the duration and body sizes of every request, and the number of active requests.
import type { ServerResponse } from 'node:http'
import type { Metrics, RequestOutcome } from '../metrics/instruments.ts'
import type { Context, Middleware } from './context.ts'
import { scheme } from './headers/origin.ts'

/** nginx's status for a client that disconnected; no RFC defines one. */
const clientClosedRequest = 499

export function recordRequestMetrics(metrics: Metrics): Middleware {
  return (ctx, next) => {
    const started = performance.now()
    const { method } = ctx
    const requestScheme = scheme(ctx)
    metrics.requestStarted(method, requestScheme)
    // Emitted once per response, even if the client disconnects.
    ctx.res.once('close', () => {
      const seconds = (performance.now() - started) / 1000
      const outcome = { method, route: ctx.state.route, status: statusOf(ctx.res) }
      metrics.requestEnded(outcome, { scheme: requestScheme, version: ctx.req.httpVersion }, seconds)
      recordSizes(metrics, ctx, outcome)
    })
    return next()
  }
}

/** An incomplete response has an unreliable status: Koa's initial 404, or the 200 of half a body. */
function statusOf(response: ServerResponse): number {
  if (response.writableFinished || isStream(response)) return response.statusCode
  return response.errored ? 500 : clientClosedRequest
}

/** An event stream never finishes: the client closes it, which is not an error. */
function isStream(response: ServerResponse): boolean {
  return response.headersSent && String(response.getHeader('content-type')).startsWith('text/event-stream')
}

function recordSizes(metrics: Metrics, ctx: Context, outcome: RequestOutcome) {
  const received = ctx.state.bodyBytes ?? Number(ctx.get('Content-Length'))
  if (received > 0) metrics.requestBodyRead(outcome, received)
  const sent = ctx.method === 'HEAD' ? 0 : Number(ctx.res.getHeader('Content-Length'))
  if (sent > 0) metrics.responseBodySent(outcome, sent)
}
