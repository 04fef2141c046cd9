// The routes of the service, and the OpenAPI document that describes them.
import { accountRoutes } from './accounts/routes.ts'
import type { Accounts } from './accounts/service.ts'
import { followRoutes } from './follows/routes.ts'
import type { Follows } from './follows/service.ts'
import { healthRoutes } from './health/routes.ts'
import type { Health } from './health/service.ts'
import { apiRoutes, type Route } from './http/endpoint.ts'
import { openApiRoute } from './http/openapi/route.ts'
import type { PostLists } from './posts/lists.ts'
import { postRoutes } from './posts/routes.ts'
import type { Posts } from './posts/service.ts'
import { sessionRoutes } from './sessions/routes.ts'
import type { Sessions } from './sessions/service.ts'
import { timelineRoutes } from './timeline/routes.ts'
import type { Timeline } from './timeline/service.ts'
import { docsRoutes } from './web/api-docs.ts'
import { clientRoutes, frontPageRoute } from './web/client-addresses.ts'
import { problemRoutes } from './web/problem-pages.ts'

export type Services = {
  accounts: Accounts
  sessions: Sessions
  posts: Posts
  postLists: PostLists
  follows: Follows
  timeline: Timeline
  health: Health
}

/** Calls no service itself, so that generated docs can list the routes without a database. */
export function createRoutes(services: Services): Route[] {
  const api = apiRoutes([
    ...accountRoutes(services.accounts),
    ...sessionRoutes(services.sessions),
    ...postRoutes(services.posts, services.postLists),
    ...followRoutes(services.follows),
    ...timelineRoutes(services.timeline),
  ])
  const documented = [
    ...api,
    ...healthRoutes(services.health),
    ...problemRoutes(),
    ...docsRoutes(),
    frontPageRoute(),
  ]
  return [...documented, openApiRoute(documented, tags), ...clientRoutes()]
}

/** The sections of the OpenAPI document. */
const tags = {
  Users: 'Accounts and profiles.',
  Sessions: 'Logging in and out, and your active sessions.',
  Microposts: 'Posts of up to 255 characters that may reference a user.',
  Follows: 'Who follows whom.',
  Timeline: 'The posts of a user and of the users they follow.',
  Health: 'For operators.',
  Documentation: 'About this API.',
  'Web client': 'Pages for people. The client at `/` uses only this API.',
}
