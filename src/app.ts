// The composition root: the middlewares of every request, in their order, and the routes of every feature.
import cors from '@koa/cors'
import Koa from 'koa'
import helmet from 'koa-helmet'
import type { Logger } from 'pino'
import { accountRoutes } from './accounts/routes.ts'
import { createAccounts } from './accounts/service.ts'
import type { Config } from './config.ts'
import type { Database } from './database/database.ts'
import { isUnavailable } from './database/errors.ts'
import { followRoutes } from './follows/routes.ts'
import { createFollows } from './follows/service.ts'
import type { State } from './http/context.ts'
import { docsRoutes } from './http/docs.ts'
import { type Checks, healthRoutes } from './http/health.ts'
import { landingRoute } from './http/landing.ts'
import { createLimits } from './http/limits.ts'
import { measure } from './http/measure.ts'
import { openApiRoute } from './http/openapi.ts'
import { origin } from './http/origin.ts'
import { problem } from './http/problem.ts'
import { problemRoutes } from './http/problem-pages.ts'
import { requestContext } from './http/request-context.ts'
import { routed } from './http/router.ts'
import { createIdempotency } from './idempotency.ts'
import { createLimiters } from './limits.ts'
import type { Metrics } from './metrics.ts'
import { postListRoutes } from './posts/list-routes.ts'
import { createPostLists } from './posts/lists.ts'
import { postRoutes } from './posts/routes.ts'
import { createPosts } from './posts/service.ts'
import { sessionRoutes } from './sessions/routes.ts'
import { createSessions } from './sessions/service.ts'
import { createFeed } from './timeline/feed.ts'
import { timelineRoutes } from './timeline/routes.ts'
import { createTimeline } from './timeline/service.ts'
import { timelineStreamRoutes } from './timeline/stream-routes.ts'
import { createStreams } from './timeline/streams.ts'

export type AppDependencies = {
  config: Config
  database: Pick<Database, 'client' | 'hints' | 'kind' | 'migrations'>
  metrics: Metrics
  log: Logger
  checks: Checks
  /** Ends what would not end by itself. */
  stopping: AbortSignal
}

export function createApp(deps: AppDependencies): Koa<State> {
  const { config, database, metrics, log, checks, stopping } = deps
  const { client: db, hints } = database
  const sessions = createSessions({ db, metrics, ttlMs: config.sessionTtlMs })
  const limits = createLimits({
    limiters: createLimiters(config.limits, database.kind === 'postgresql' ? db : undefined),
    onExceeded: (name) => {
      if (name === 'login') metrics.loggedIn('limited')
    },
  })
  const timeline = createTimeline({ db, metrics })
  const feed = createFeed({ db, hints, log })
  const features = [
    ...accountRoutes(createAccounts({ db, metrics })),
    ...sessionRoutes(sessions),
    ...postRoutes(createPosts({ db, hints, metrics, idempotency: createIdempotency({ db, metrics }) })),
    ...postListRoutes(createPostLists({ db })),
    ...followRoutes(createFollows({ db, metrics })),
    ...timelineRoutes(timeline),
    ...timelineStreamRoutes(createStreams({ db, feed, timeline, metrics, stopping })),
    ...healthRoutes(checks),
    ...problemRoutes(),
    ...docsRoutes(),
    landingRoute(),
  ]
  const routes = [...features, openApiRoute(features, tags)]
  metrics.expectRoutes([...new Set(routes.map(({ endpoint }) => endpoint.path))])

  // Of the forwarded addresses only the last one is the proxy's own word; those before it came with the request.
  const app = new Koa<State>({ proxy: config.trustProxy, maxIpsCount: 1 })
  // Only an answer that broke off comes here: a client that went away, or read too slowly.
  app.on('error', (error: Error) => log.debug({ error: error.message }, 'answer broken off'))
  app.use(requestContext())
  app.use(measure(metrics))
  app.use(securityHeaders())
  app.use(
    problem({
      log,
      metrics,
      isUnavailable: (error) => isUnavailable(error) || database.migrations().unapplied > 0,
    }),
  )
  app.use(origin(config.publicUrl))
  if (config.corsOrigins.length > 0) app.use(crossOrigin(config.corsOrigins))
  app.use(routed(routes, { authenticate: sessions.authenticate, limits }))
  return app
}

/** The sections of the OpenAPI document. */
const tags = {
  Users: 'Accounts and profiles.',
  Sessions: 'Logging in and out, and where one is logged in.',
  Microposts: 'Posts of up to 255 characters that may reference a user.',
  Follows: 'Who follows whom.',
  Timeline: 'The posts of a user and of whom the user follows.',
  Health: 'For whoever runs the service.',
  Documentation: 'About this API.',
}

/** The strictest policy, for what is no page; a page says itself what is on it. */
function securityHeaders() {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    // Whether there is TLS in front is for the proxy that ends it to say.
    strictTransportSecurity: false,
    // What follows speaks to browsers of another age, or of plug-ins.
    crossOriginOpenerPolicy: false,
    crossOriginResourcePolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })
}

/** What a script of another origin may read, besides the few that it always may. */
const exposedHeaders = [
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
]

function crossOrigin(origins: string[]) {
  return cors({
    origin: (ctx) =>
      origins.includes('*') ? '*' : (origins.find((allowed) => allowed === ctx.get('Origin')) ?? ''),
    exposeHeaders: exposedHeaders,
    // A failure keeps them without it: nothing that answers one takes away what is set.
    keepHeadersOnError: false,
    maxAge: 600,
  })
}
