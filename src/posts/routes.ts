import { z } from 'zod'
import { UserParams } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { Id } from '../http/fields.ts'
import { IfMatch } from '../http/headers/conditional-requests.ts'
import {
  IdempotencyKey,
  NewPost,
  Post,
  PostChange,
  type PostRow,
  postETag,
  postHref,
  Referenced,
  toPost,
} from './schema.ts'
import type { Posts } from './service.ts'

const tag = 'Microposts'
const collection = '/api/users/:username/collection'
const one = `${collection}/:id` as const
const PostParams = UserParams.extend({ id: Id })
const etag = { ETag: 'The version of the post' }
const Precondition = z.object({ 'if-match': IfMatch })

export function postRoutes(posts: Posts) {
  const moreFaults = async ({ referenced }: Readonly<Record<string, unknown>>) => {
    const { data } = Referenced.safeParse(referenced)
    return posts.referenceFaults(data)
  }

  return [
    route(
      {
        method: 'POST',
        path: collection,
        auth: 'owner',
        summary: 'Post',
        tag,
        rateLimit: {
          name: 'posts',
          by: 'user',
          isReplay: async (viewer, { 'idempotency-key': key }) =>
            viewer !== undefined && typeof key === 'string' && posts.isReplay(viewer, key),
        },
        params: UserParams,
        headers: z.object({ 'idempotency-key': IdempotencyKey }),
        body: NewPost,
        moreFaults,
        replies: {
          201: {
            description: 'The new post',
            body: Post,
            headers: { Location: 'Where the post is', ...etag },
            optionalHeaders: { 'Idempotency-Replayed': '`true` where this is the first answer again' },
          },
        },
        problems: ['request-in-progress', 'idempotency-key-reused'],
      },
      async ({ viewer, headers, body, origin }) => {
        const key = headers['idempotency-key']
        if (key === undefined) return created(await posts.create(viewer, body), origin)
        const respond = (row: PostRow) => created(row, origin)
        const { response, replayed } = await posts.createOnce(viewer, body, key, respond)
        if (!replayed) return response
        return { ...response, headers: { ...response.headers, 'Idempotency-Replayed': 'true' } }
      },
    ),

    route(
      {
        method: 'GET',
        path: one,
        auth: 'none',
        summary: 'Read a post',
        tag,
        params: PostParams,
        replies: {
          200: { description: 'The post', body: Post, headers: etag },
          304: { description: 'It is still the one that `If-None-Match` names', headers: etag },
        },
      },
      async ({ params, origin }) => ok(await posts.find(params.username, params.id), origin),
    ),

    route(
      {
        method: 'PUT',
        path: one,
        auth: 'owner',
        summary: 'Replace a post',
        tag,
        params: PostParams,
        headers: Precondition,
        body: NewPost,
        moreFaults,
        replies: { 200: { description: 'The post as it is now', body: Post, headers: etag } },
        problems: ['precondition-failed'],
      },
      async ({ viewer, params, headers, body, origin }) =>
        ok(await posts.change(viewer, params.id, body, headers['if-match']), origin),
    ),

    route(
      {
        method: 'PATCH',
        path: one,
        auth: 'owner',
        summary: 'Change a part of a post',
        tag,
        params: PostParams,
        headers: Precondition,
        body: PostChange,
        moreFaults,
        replies: { 200: { description: 'The post as it is now', body: Post, headers: etag } },
        problems: ['precondition-failed'],
      },
      async ({ viewer, params, headers, body, origin }) =>
        ok(await posts.change(viewer, params.id, body, headers['if-match']), origin),
    ),

    route(
      {
        method: 'DELETE',
        path: one,
        auth: 'owner',
        summary: 'Delete a post',
        tag,
        params: PostParams,
        headers: Precondition,
        replies: { 204: { description: 'Deleted' } },
        problems: ['precondition-failed'],
      },
      async ({ viewer, params, headers }) => {
        await posts.remove(viewer, params.id, headers['if-match'])
        return { status: 204 }
      },
    ),
  ]
}

/** Kept as it is under an Idempotency-Key: the links of a replay are those of the first answer. */
function created(row: PostRow, origin: string) {
  const headers = { Location: postHref(origin, row), ETag: postETag(row) }
  return { status: 201, headers, body: toPost(row, origin) } as const
}

function ok(row: PostRow, origin: string) {
  return { status: 200, headers: { ETag: postETag(row) }, body: toPost(row, origin) } as const
}
