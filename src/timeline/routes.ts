import { z } from 'zod'
import { UserParams } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { listReply, listResponse, PageQuery } from '../http/pagination.ts'
import { Post, toPost } from '../posts/schema.ts'
import type { Timeline } from './service.ts'

export function timelineRoutes(timeline: Timeline) {
  return [
    route(
      {
        method: 'GET',
        path: '/api/users/:username/timeline',
        auth: 'owner',
        summary: 'Read the own timeline, the newest first',
        description: 'The own posts and those of followed users.',
        tag: 'Timeline',
        params: UserParams,
        query: PageQuery,
        replies: { 200: listReply('A page of posts', z.array(Post)) },
      },
      async (input) => listResponse(input, await timeline.page(input.viewer.userId, input.query), toPost),
    ),
  ]
}
