import { z } from 'zod'
import { UserParams } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { Id } from '../http/fields.ts'
import { IfMatch } from '../http/headers/conditional-requests.ts'
import { listReply, listResponse, PageQuery, SearchQuery, shortPages } from '../http/pagination.ts'
import type { PostLists } from './lists.ts'
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
const postPath = `${collection}/:id` as const
const PostParams = UserParams.extend({ id: Id })
const Precondition = z.object({ 'if-match': IfMatch })
const etag = { ETag: 'The version of the post' }
const pageOfPosts = listReply('A page of posts', z.array(Post))

export function postRoutes(posts: Posts, lists: PostLists) {
  const moreFaults = async ({ referenced }: Readonly<Record<string, unknown>>) =>
    posts.referencedFaults(Referenced.safeParse(referenced).data)

  return [
    route(
      {
        method: 'POST',
        path: collection,
        auth: 'owner',
        summary: 'Create a post',
        tag,
        rateLimit: {
          countFailed: (viewer, { 'idempotency-key': key }) => posts.countFailed(viewer, key?.toString()),
        },
        params: UserParams,
        headers: z.object({ 'idempotency-key': IdempotencyKey }),
        body: NewPost,
        moreFaults,
        replies: {
          201: {
            description: 'The new post',
            body: Post,
            headers: { Location: 'The URL of the post', ...etag },
            optionalHeaders: { 'Idempotency-Replayed': '`true` if this repeats the first response' },
          },
        },
        problems: ['request-in-progress', 'idempotency-key-reused'],
      },
      async ({ viewer, headers, body, origin }) => {
        const key = headers['idempotency-key']
        if (key === undefined) {
          const { row, quota } = await posts.create(viewer, body)
          return { ...created(row, origin), quota }
        }
        const respond = (row: PostRow) => created(row, origin)
        const { response, replayed, quota } = await posts.createOnce(viewer, body, key, respond)
        if (!replayed) return { ...response, quota }
        return { ...response, headers: { ...response.headers, 'Idempotency-Replayed': 'true' } }
      },
    ),

    route(
      {
        method: 'GET',
        path: postPath,
        auth: 'none',
        summary: 'Read a post',
        tag,
        params: PostParams,
        replies: {
          200: { description: 'The post', body: Post, headers: etag },
          304: { description: 'Not modified: `If-None-Match` matches the ETag', headers: etag },
        },
      },
      async ({ params, origin }) => ok(await posts.find(params.username, params.id), origin),
    ),

    changeRoute('PUT', 'Replace a post', NewPost),
    changeRoute('PATCH', 'Update parts of a post', PostChange),

    route(
      {
        method: 'DELETE',
        path: postPath,
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

    route(
      {
        method: 'GET',
        path: collection,
        auth: 'none',
        summary: 'List the posts of a user, newest first',
        tag,
        params: UserParams,
        query: PageQuery,
        replies: { 200: pageOfPosts },
      },
      async (input) => listResponse(input, await lists.byAuthor(input.params.username, input.query), toPost),
    ),

    route(
      {
        method: 'GET',
        path: '/api/users/:username/references',
        auth: 'none',
        summary: 'List the posts that reference a user, newest first',
        tag,
        params: UserParams,
        query: PageQuery,
        replies: { 200: pageOfPosts },
      },
      async (input) =>
        listResponse(input, await lists.referencing(input.params.username, input.query), toPost),
    ),

    route(
      {
        method: 'GET',
        path: '/api/posts',
        auth: 'none',
        summary: 'List or search all posts, newest first',
        description: `A search finds the posts that contain all its words, in any case; the last word matches as a prefix. ${shortPages}`,
        tag,
        query: SearchQuery,
        replies: { 200: pageOfPosts },
      },
      async (input) => listResponse(input, await lists.all(input.query), toPost),
    ),
  ]

  function changeRoute(method: 'PUT' | 'PATCH', summary: string, body: typeof NewPost | typeof PostChange) {
    return route(
      {
        method,
        path: postPath,
        auth: 'owner',
        summary,
        tag,
        params: PostParams,
        headers: Precondition,
        body,
        moreFaults,
        replies: { 200: { description: 'The updated post', body: Post, headers: etag } },
        problems: ['precondition-failed'],
      },
      async ({ viewer, params, headers, body, origin }) =>
        ok(await posts.change(viewer, params.id, body, headers['if-match']), origin),
    )
  }
}

/** Stored under the Idempotency-Key as it is, so a replay has the links of the first response. */
function created(row: PostRow, origin: string) {
  const headers = { Location: postHref(origin, row), ETag: postETag(row) }
  return { status: 201, headers, body: toPost(row, origin) } as const
}

function ok(row: PostRow, origin: string) {
  return { status: 200, headers: { ETag: postETag(row) }, body: toPost(row, origin) } as const
}
