import { z } from 'zod'
import { UserParams } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { listReply, PageQuery, page } from '../http/paging.ts'
import { Post, toPost } from '../posts/schema.ts'
import type { Timeline } from './service.ts'

export function timelineRoutes(timeline: Timeline) {
  return [
    route(
      {
        method: 'GET',
        path: '/api/users/:username/timeline',
        who: 'owner',
        summary: 'Read the own timeline, the newest first',
        description: 'The own posts and those of followed users.',
        tag: 'Timeline',
        params: UserParams,
        query: PageQuery,
        replies: { 200: listReply('A page of posts', z.array(Post)) },
      },
      async (input) => page(input, await timeline.page(input.viewer.userId, input.query), toPost),
    ),
  ]
}
