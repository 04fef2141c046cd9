// The routes of every feature, and the document about them.
import { accountRoutes } from './accounts/routes.ts'
import type { Accounts } from './accounts/service.ts'
import { followRoutes } from './follows/routes.ts'
import type { Follows } from './follows/service.ts'
import { type Checks, healthRoutes } from './health/routes.ts'
import type { Route } from './http/endpoint.ts'
import { openApiRoute } from './http/openapi/document.ts'
import { postListRoutes } from './posts/list-routes.ts'
import type { PostLists } from './posts/lists.ts'
import { postRoutes } from './posts/routes.ts'
import type { Posts } from './posts/service.ts'
import { sessionRoutes } from './sessions/routes.ts'
import type { Sessions } from './sessions/service.ts'
import { timelineRoutes } from './timeline/routes.ts'
import type { Timeline } from './timeline/service.ts'
import { timelineStreamRoutes } from './timeline/stream-routes.ts'
import type { Streams } from './timeline/streams.ts'
import { docsRoutes } from './web/api-docs.ts'
import { landingRoute } from './web/landing.ts'
import { problemRoutes } from './web/problem-pages.ts'

/** What the handlers call. */
export type Services = {
  accounts: Accounts
  sessions: Sessions
  posts: Posts
  postLists: PostLists
  follows: Follows
  timeline: Timeline
  streams: Streams
  checks: Checks
}

/** Calls nothing of the services before a request comes. */
export function createRoutes(services: Services): Route[] {
  const features = [
    ...accountRoutes(services.accounts),
    ...sessionRoutes(services.sessions),
    ...postRoutes(services.posts),
    ...postListRoutes(services.postLists),
    ...followRoutes(services.follows),
    ...timelineRoutes(services.timeline),
    ...timelineStreamRoutes(services.streams),
    ...healthRoutes(services.checks),
    ...problemRoutes(),
    ...docsRoutes(),
    landingRoute(),
  ]
  return [...features, openApiRoute(features, tags)]
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
