// The only place that renders an error response to a request: as application/problem+json (RFC 9457), or as a page for a
// browser outside /api.
import Negotiator from 'negotiator'
import type { Logger } from 'pino'
import { contentTypes } from '../../../lib/static-files.ts'
import { AppError, type ErrorCode } from '../../errors.ts'
import type { Metrics, RejectionReason } from '../../metrics/instruments.ts'
import type { Context, Middleware } from '../context.ts'
import { problemBody, problemMediaType, problems } from './problem-types.ts'

/** Builds the page that a browser gets for a problem. */
export type ErrorPage = (code: ErrorCode) => { headers: Record<string, string>; body: string }

/**
 * Handles everything that later middlewares throw. An error other than AppError is a fault of the service: `unavailable`
 * if `isUnavailable` recognises it as temporary, otherwise `internal-error`.
 */
export function problemHandler(deps: {
  log: Logger
  metrics: Metrics
  errorPage: ErrorPage
  isUnavailable: (error: unknown) => boolean
}): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      const error = thrown instanceof AppError ? thrown : unexpected(thrown, deps.isUnavailable)
      const { status } = problems[error.code]
      const reason = rejections[error.code]
      if (reason) deps.metrics.requestRejected(reason)
      else if (status >= 500) report(deps, ctx, thrown)
      else if (error.code === 'forbidden') deps.log.info(describe(ctx), 'request forbidden')
      render(ctx, error, deps.errorPage)
    }
  }
}

/** Problems that count as rejected requests. `server.ts` counts `malformed`, because those never reach the app. */
const rejections: Partial<Record<ErrorCode, RejectionReason>> = {
  'content-too-large': 'body_size',
  'rate-limited': 'rate_limit',
  overloaded: 'overload',
}

function render(ctx: Context, error: AppError, errorPage: ErrorPage) {
  const { code, message, faults, headers } = error
  // Part of another response was sent: close the connection, so that the client notices.
  if (ctx.headerSent) return ctx.res.destroy(error)
  // These headers belong to the successful response.
  for (const name of ['ETag', 'Link', 'Location']) ctx.remove(name)
  ctx.status = problems[code].status
  ctx.set({ 'Cache-Control': 'no-store', ...headers })
  if (prefersPage(ctx)) {
    const page = errorPage(code)
    ctx.set(page.headers)
    ctx.body = page.body
    ctx.set('Content-Type', contentTypes['.html'])
    return
  }
  ctx.body = problemBody(code, { detail: message, instance: ctx.state.requestId, faults })
  ctx.set('Content-Type', problemMediaType)
}

/** Whether the client is a browser that opens a page; programs that accept anything prefer the problem. */
function prefersPage(ctx: Context): boolean {
  if (ctx.path === '/api' || ctx.path.startsWith('/api/')) return false
  const negotiator = new Negotiator({ headers: { accept: ctx.get('Accept') } })
  return negotiator.mediaType([problemMediaType, 'application/json', 'text/html']) === 'text/html'
}

function unexpected(cause: unknown, isUnavailable: (error: unknown) => boolean): AppError {
  return isUnavailable(cause)
    ? new AppError('unavailable', 'The database cannot process the request at the moment.', {
        cause,
        headers: { 'Retry-After': '5' },
      })
    : new AppError('internal-error', 'The service failed to process this request.', { cause })
}

function report({ log, metrics }: { log: Logger; metrics: Metrics }, ctx: Context, err: unknown) {
  log.error({ ...describe(ctx), err }, 'request failed')
  metrics.exceptionThrown(err, ctx.state.route)
}

/** A request in the log: by ids and templates, never by texts of the client. */
const describe = ({ method, state: { requestId, route, userId } }: Context) => ({
  requestId,
  method,
  route,
  userId,
})
