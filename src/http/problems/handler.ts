// Renders every failure as application/problem+json (RFC 9457); the only try/catch on a request's way.
import type { Logger } from 'pino'
import { AppError, type ErrorCode } from '../../errors.ts'
import type { Metrics, RejectionReason } from '../../metrics/instruments.ts'
import type { Context, Middleware } from '../context.ts'
import { problemBody, problemMediaType, problems } from './problem-types.ts'

/**
 * Answers what the middlewares behind it throw. An AppError tells its own code; anything else is a fault of
 * the service: `unavailable` when `isUnavailable` knows it as passing, an internal error when not.
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
      const error = thrown instanceof AppError ? thrown : unforeseen(thrown, deps.isUnavailable)
      const { status } = problems[error.code]
      if (status >= 500) report(deps, ctx, thrown)
      const reason = rejections[error.code]
      if (reason) deps.metrics.requestRejected(reason)
      answer(ctx, error)
    }
  }
}

/** The refusals that are counted as such. */
const rejections: Partial<Record<ErrorCode, RejectionReason>> = {
  'content-too-large': 'body_size',
  'rate-limited': 'rate_limit',
}

function answer(ctx: Context, error: AppError) {
  const { code, message, faults, headers } = error
  // Half an answer cannot be taken back: the client must see that it is broken.
  if (ctx.headerSent) return ctx.res.destroy(error)
  // What was prepared for a success says nothing about the failure.
  for (const name of ['ETag', 'Link', 'Location']) ctx.remove(name)
  ctx.status = problems[code].status
  ctx.set({ 'Cache-Control': 'no-store', ...headers })
  ctx.body = problemBody(code, { detail: message, instance: ctx.state.requestId, faults })
  ctx.set('Content-Type', problemMediaType)
}

function unforeseen(cause: unknown, isUnavailable: (error: unknown) => boolean): AppError {
  return isUnavailable(cause)
    ? new AppError('unavailable', 'The database does not answer at the moment.', {
        cause,
        headers: { 'Retry-After': '5' },
      })
    : new AppError('internal-error', 'The service failed to answer this request.', { cause })
}

function report({ log, metrics }: { log: Logger; metrics: Metrics }, ctx: Context, err: unknown) {
  const { requestId, route } = ctx.state
  log.error({ requestId, method: ctx.method, route, err }, 'request failed')
  metrics.exceptionThrown(err, route)
}
