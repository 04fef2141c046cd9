import { z } from 'zod'
import { UserParams } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { EventStream, eventStream } from '../http/event-stream.ts'
import { Id } from '../http/fields.ts'
import { listReply, listResponse, PageQuery } from '../http/pagination.ts'
import { Post, toPost } from '../posts/schema.ts'
import type { Timeline } from './service.ts'

const tag = 'Timeline'

const LastEvent = z.object({
  'last-event-id': Id.optional().meta({
    description: 'The id of the last event received; the stream resumes after it.',
    examples: ['019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10'],
  }),
})

/** `stalledMs` is how long a client of the stream may read nothing; see eventStream for the default. */
export function timelineRoutes(timeline: Timeline, stalledMs?: number) {
  return [
    route(
      {
        method: 'GET',
        path: '/api/users/:username/timeline',
        auth: 'owner',
        summary: 'Read your timeline, newest first',
        description: 'Your own posts and those of the users that you follow.',
        tag,
        params: UserParams,
        query: PageQuery,
        replies: { 200: listReply('A page of posts', z.array(Post)) },
      },
      async (input) => listResponse(input, await timeline.page(input.viewer.userId, input.query), toPost),
    ),

    route(
      {
        method: 'GET',
        path: '/api/users/:username/timeline/stream',
        auth: 'owner',
        summary: 'Stream new posts of your timeline',
        description:
          'Server-Sent Events: `event: post` with the id of the post and the post itself, ordered by id. Without `Last-Event-ID`, the stream sends posts from now on; with it, all posts since. A comment is sent at least every 15 seconds.',
        tag,
        params: UserParams,
        headers: LastEvent,
        replies: {
          200: {
            description: 'A stream of posts that does not end by itself',
            type: 'text/event-stream',
            body: EventStream.meta({
              type: 'string',
              examples: ['id: 019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10\nevent: post\ndata: {"text":"Hello"}\n\n'],
            }),
            headers: {
              'Cache-Control': '`no-store`: the response is private',
              'X-Accel-Buffering': '`no`, for proxies that would buffer the events',
            },
          },
        },
      },
      ({ viewer, headers, origin }) => {
        timeline.checkStreams(viewer)
        return {
          status: 200,
          headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
          body: eventStream(
            (signal) => timeline.stream(viewer, headers['last-event-id'], signal),
            (row) => ({ id: row.id, event: 'post', data: toPost(row, origin) }),
            stalledMs,
          ),
        }
      },
    ),
  ]
}
