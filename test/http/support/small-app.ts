// The real middlewares and router with routes of a test's own, without a database.
import Koa from 'koa'
import { pino } from 'pino'
import { unrecordedMetrics } from '../../../harness/telemetry/metrics.ts'
import type { Authenticate } from '../../../src/http/authentication.ts'
import type { State } from '../../../src/http/context.ts'
import type { Route } from '../../../src/http/endpoint.ts'
import { origin } from '../../../src/http/headers/origin.ts'
import { requestId } from '../../../src/http/headers/request-id.ts'
import { problemHandler } from '../../../src/http/problems/handler.ts'
import { createRateLimits, type RateLimiters } from '../../../src/http/rate-limits.ts'
import { recordRequestMetrics } from '../../../src/http/request-metrics.ts'
import { createRouter } from '../../../src/http/router.ts'
import { startServer, type Timeouts } from '../../../src/http/server.ts'
import type { Metrics } from '../../../src/metrics/instruments.ts'
import { errorPage } from '../../../src/web/error-page.ts'

export type SmallApp = {
  routes: Route[]
  authenticate?: Authenticate
  limiters?: Partial<RateLimiters>
  timeouts?: Partial<Timeouts>
  metrics?: Metrics
}

/** Starts a server on a free port. */
export async function startSmallApp({ routes, authenticate, limiters, timeouts, ...options }: SmallApp) {
  const metrics = options.metrics ?? unrecordedMetrics()
  const rateLimits = createRateLimits({
    requests: undefined,
    login: undefined,
    signup: undefined,
    ...limiters,
  })
  const app = new Koa<State>()
  app.silent = true
  app.use(requestId())
  app.use(recordRequestMetrics(metrics))
  app.use(problemHandler({ log: pino({ level: 'silent' }), metrics, errorPage, isUnavailable: () => false }))
  app.use(origin(undefined))
  app.use(createRouter(routes, { authenticate: authenticate ?? (async () => undefined), rateLimits }))
  const server = await startServer({ handle: app.callback(), host: 'localhost', port: 0, metrics, timeouts })
  return { url: `http://localhost:${server.port}`, stop: () => server.stop(0) }
}
