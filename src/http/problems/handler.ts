// The only place that renders an error response to a request, as application/problem+json (RFC 9457).
import type { Logger } from 'pino'
import { AppError, type ErrorCode } from '../../errors.ts'
import type { Metrics, RejectionReason } from '../../metrics/instruments.ts'
import type { Context, Middleware } from '../context.ts'
import { problemBody, problemMediaType, problems } from './problem-types.ts'

/**
 * Handles everything that later middlewares throw. An error other than AppError is a fault of the service: `unavailable`
 * if `isUnavailable` recognises it as temporary, otherwise `internal-error`.
 */
export function problemHandler(deps: {
  log: Logger
  metrics: Metrics
  isUnavailable: (error: unknown) => boolean
}): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (thrown) {
      const error = thrown instanceof AppError ? thrown : unexpected(thrown, deps.isUnavailable)
      const { status } = problems[error.code]
      if (status >= 500) report(deps, ctx, thrown)
      const reason = rejections[error.code]
      if (reason) deps.metrics.requestRejected(reason)
      render(ctx, error)
    }
  }
}

/** Problems that count as rejected requests. `server.ts` counts `malformed`, because those never reach the app. */
const rejections: Partial<Record<ErrorCode, RejectionReason>> = {
  'content-too-large': 'body_size',
  'rate-limited': 'rate_limit',
}

function render(ctx: Context, error: AppError) {
  const { code, message, faults, headers } = error
  // Part of another response was sent: close the connection, so that the client notices.
  if (ctx.headerSent) return ctx.res.destroy(error)
  // These headers belong to the successful response.
  for (const name of ['ETag', 'Link', 'Location']) ctx.remove(name)
  ctx.status = problems[code].status
  ctx.set({ 'Cache-Control': 'no-store', ...headers })
  ctx.body = problemBody(code, { detail: message, instance: ctx.state.requestId, faults })
  ctx.set('Content-Type', problemMediaType)
}

function unexpected(cause: unknown, isUnavailable: (error: unknown) => boolean): AppError {
  return isUnavailable(cause)
    ? new AppError('unavailable', 'The database is unavailable.', {
        cause,
        headers: { 'Retry-After': '5' },
      })
    : new AppError('internal-error', 'The service failed to process this request.', { cause })
}

function report({ log, metrics }: { log: Logger; metrics: Metrics }, ctx: Context, err: unknown) {
  const { requestId, route } = ctx.state
  log.error({ requestId, method: ctx.method, route, err }, 'request failed')
  metrics.exceptionThrown(err, route)
}
