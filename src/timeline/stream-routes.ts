import { z } from 'zod'
import { UserParams } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { EventStream, eventStream } from '../http/event-stream.ts'
import { Id } from '../http/fields.ts'
import { toPost } from '../posts/schema.ts'
import type { Streams } from './streams.ts'

const LastEvent = z.object({
  'last-event-id': Id.optional().meta({
    description: 'The id of the last event that was seen: the stream goes on behind it.',
    examples: ['019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10'],
  }),
})

export function timelineStreamRoutes(streams: Streams) {
  return [
    route(
      {
        method: 'GET',
        path: '/api/users/:username/timeline/stream',
        auth: 'owner',
        summary: 'Hear of new posts in the own timeline',
        description:
          'Server-Sent Events: `event: post` with the id of the post and the post itself, in the order of the ids. Without `Last-Event-ID` from now on; with it, everything since. A comment comes at least every 15 seconds.',
        tag: 'Timeline',
        params: UserParams,
        headers: LastEvent,
        replies: {
          200: {
            description: 'Posts as they come, without an end of its own',
            type: 'text/event-stream',
            body: EventStream.meta({
              type: 'string',
              examples: ['id: 019ab3f0-7c1e-7d3a-8f5e-0b2a4c6d8e10\nevent: post\ndata: {"text":"Hello"}\n\n'],
            }),
            headers: {
              'Cache-Control': '`no-store`: the answer is for its reader alone',
              'X-Accel-Buffering': '`no`, for proxies that would hold the events back',
            },
          },
        },
      },
      ({ viewer, headers, origin }) => ({
        status: 200,
        headers: { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
        body: eventStream(
          (signal) => streams.open(viewer, headers['last-event-id'], signal),
          (row) => ({ id: row.id, event: 'post', data: toPost(row, origin) }),
        ),
      }),
    ),
  ]
}
