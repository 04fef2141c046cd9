// Measures every request: its duration, the sizes of its bodies, and that it is under way.
import type { ServerResponse } from 'node:http'
import type { Metrics, RequestOutcome } from '../metrics/instruments.ts'
import type { Context, Middleware } from './context.ts'
import { scheme } from './headers/origin.ts'

/** No RFC has a status for a client that went away; this is nginx's. */
const clientClosedRequest = 499
const brokenOff = 500

export function recordRequestMetrics(metrics: Metrics): Middleware {
  return (ctx, next) => {
    const started = performance.now()
    const { method } = ctx
    const requestScheme = scheme(ctx)
    metrics.requestStarted(method, requestScheme)
    // Comes once for every response, also for one that its client gave up.
    ctx.res.once('close', () => {
      const seconds = (performance.now() - started) / 1000
      const outcome = { method, route: ctx.state.route, status: statusOf(ctx.res) }
      metrics.requestEnded(outcome, { scheme: requestScheme, version: ctx.req.httpVersion }, seconds)
      recordSizes(metrics, ctx, outcome)
    })
    return next()
  }
}

/**
 * The status that was sent, unless the answer never arrived whole: then Koa's 404, which every response starts with,
 * would be recorded, or the 200 of half an answer.
 */
function statusOf(response: ServerResponse): number {
  if (response.writableFinished || isStream(response)) return response.statusCode
  return response.errored ? brokenOff : clientClosedRequest
}

/** A stream has no end of its own: its client closes it, and that is no failure. */
function isStream(response: ServerResponse): boolean {
  return response.headersSent && String(response.getHeader('content-type')).startsWith('text/event-stream')
}

function recordSizes(metrics: Metrics, ctx: Context, outcome: RequestOutcome) {
  const received = ctx.state.bodyBytes ?? Number(ctx.get('Content-Length'))
  if (received > 0) metrics.requestBodyRead(outcome, received)
  const sent = ctx.method === 'HEAD' ? 0 : Number(ctx.res.getHeader('Content-Length'))
  if (sent > 0) metrics.responseBodySent(outcome, sent)
}
