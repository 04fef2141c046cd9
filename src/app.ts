// The composition root: creates the services and puts the middlewares in order.
import Koa from 'koa'
import type { Logger } from 'pino'
import { createAccounts } from './accounts/service.ts'
import type { Config } from './config.ts'
import type { Database } from './database/client.ts'
import { isUnavailable } from './database/sql-errors.ts'
import { createFollows } from './follows/service.ts'
import { createHealth } from './health/service.ts'
import type { State } from './http/context.ts'
import { cors } from './http/headers/cors.ts'
import { origin } from './http/headers/origin.ts'
import { requestId } from './http/headers/request-id.ts'
import { setSecurityHeaders } from './http/headers/security.ts'
import { type Admission, createAdmission } from './http/overload/admission.ts'
import { problemHandler } from './http/problems/handler.ts'
import { createRateLimits, type RateLimiters } from './http/rate-limits.ts'
import { recordRequestMetrics } from './http/request-metrics.ts'
import { createRouter } from './http/router.ts'
import { originForm } from './http/target.ts'
import type { Metrics } from './metrics/instruments.ts'
import { createPostLists } from './posts/lists.ts'
import { createPosts } from './posts/service.ts'
import { createRoutes } from './routes.ts'
import { createSessions } from './sessions/service.ts'
import { createFeed } from './timeline/feed.ts'
import { createTimeline } from './timeline/service.ts'
import { errorPage } from './web/error-page.ts'

export type AppDependencies = {
  config: Config
  database: Pick<Database, 'client' | 'query' | 'notifications' | 'migrations' | 'ping' | 'connectionDelayMs'>
  limiters: RateLimiters
  metrics: Metrics
  log: Logger
  /** Aborts when the process is told to stop: from then on it is not ready. */
  stopping: AbortSignal
  /** Aborts when connections are about to be closed, to end open streams. */
  closing: AbortSignal
}

/** The handler of all requests, and what rejects them under overload. */
export function createApp(deps: AppDependencies): Admission {
  const { config, database, limiters, metrics, log, stopping, closing } = deps
  const { client: db, query, notifications } = database
  const { sessionTtlMs: ttlMs, sessionIdleMs: idleMs } = config
  const sessions = createSessions({ db, query, metrics, log, ttlMs, idleMs })
  const feed = createFeed({ query, notifications, log })
  const routes = createRoutes({
    accounts: createAccounts({ db, query, metrics, log }),
    sessions,
    posts: createPosts({ query, notifications, metrics, postLimit: config.limits.posts }),
    postLists: createPostLists({ query }),
    follows: createFollows({ query, metrics }),
    timeline: createTimeline({ query, feed, metrics, closing, limits: config.streamLimits }),
    health: createHealth({ database, stopping }),
  })
  metrics.expectRoutes([...new Set(routes.map(({ endpoint }) => endpoint.path))])

  // Only the last forwarded address is from the proxy; a client can invent those before it.
  const app = new Koa<State>({ proxy: config.trustProxy, maxIpsCount: 1 })
  // The problem handler catches everything else: this is a client that disconnected, or read too slowly.
  app.on('error', (error: Error) => log.debug({ error: error.message }, 'response aborted'))
  app.use(requestId())
  app.use(recordRequestMetrics(metrics))
  app.use(setSecurityHeaders())
  app.use(
    problemHandler({
      log,
      metrics,
      errorPage,
      isUnavailable: (error) => isUnavailable(error) || database.migrations().unapplied > 0,
    }),
  )
  app.use(originForm())
  app.use(origin(config.publicUrl))
  if (config.corsOrigins.length > 0) app.use(cors(config.corsOrigins))
  app.use(
    createRouter(routes, { authenticate: sessions.authenticate, rateLimits: createRateLimits(limiters) }),
  )
  return createAdmission(app.callback(), {
    maxDelayMs: config.overloadDelayMs,
    connectionDelayMs: database.connectionDelayMs,
    routes,
    corsOrigins: config.corsOrigins,
    metrics,
  })
}
