import { z } from 'zod'
import { UserParams } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { listReply, listResponse, PageQuery, SearchQuery } from '../http/pagination.ts'
import type { PostLists } from './lists.ts'
import { Post, toPost } from './schema.ts'

const tag = 'Microposts'
const posts = listReply('A page of posts', z.array(Post))

export function postListRoutes(lists: PostLists) {
  return [
    route(
      {
        method: 'GET',
        path: '/api/users/:username/collection',
        auth: 'none',
        summary: 'List the posts of a user, the newest first',
        tag,
        params: UserParams,
        query: PageQuery,
        replies: { 200: posts },
      },
      async (input) => listResponse(input, await lists.byAuthor(input.params.username, input.query), toPost),
    ),

    route(
      {
        method: 'GET',
        path: '/api/users/:username/references',
        auth: 'none',
        summary: 'List the posts that reference a user, the newest first',
        tag,
        params: UserParams,
        query: PageQuery,
        replies: { 200: posts },
      },
      async (input) =>
        listResponse(input, await lists.referencing(input.params.username, input.query), toPost),
    ),

    route(
      {
        method: 'GET',
        path: '/api/posts',
        auth: 'none',
        summary: 'List all posts, or search them, the newest first',
        description:
          'A search finds the posts that have all of its words in any case, the last one as a prefix.',
        tag,
        query: SearchQuery,
        replies: { 200: posts },
      },
      async (input) => listResponse(input, await lists.all(input.query), toPost),
    ),
  ]
}
