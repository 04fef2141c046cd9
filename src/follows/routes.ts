import { z } from 'zod'
import { toUser, User, UserParams, userHref } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { listReply, listResponse, PageQuery } from '../http/pagination.ts'
import { FollowParams, NewFollow } from './schema.ts'
import type { Follows } from './service.ts'

const tag = 'Follows'
const following = '/api/users/:username/following'
const users = listReply('A page of users', z.array(User))
const location = { Location: 'Where the user is' }

export function followRoutes(follows: Follows) {
  return [
    route(
      {
        method: 'GET',
        path: following,
        auth: 'none',
        summary: 'List whom a user follows, the newest follow first',
        tag,
        params: UserParams,
        query: PageQuery,
        replies: { 200: users },
      },
      async (input) =>
        listResponse(input, await follows.following(input.params.username, input.query), toUser),
    ),

    route(
      {
        method: 'GET',
        path: '/api/users/:username/followers',
        auth: 'none',
        summary: 'List who follows a user, the newest follow first',
        tag,
        params: UserParams,
        query: PageQuery,
        replies: { 200: users },
      },
      async (input) =>
        listResponse(input, await follows.followers(input.params.username, input.query), toUser),
    ),

    route(
      {
        method: 'POST',
        path: following,
        auth: 'owner',
        summary: 'Follow a user',
        tag,
        params: UserParams,
        body: NewFollow,
        replies: {
          200: { description: 'The user, followed already', body: User, headers: location },
          201: { description: 'The user, followed from now on', body: User, headers: location },
        },
      },
      async ({ viewer, body, origin }) => {
        const { created, user } = await follows.followNamed(viewer, body.username)
        const headers = { Location: userHref(origin, user.username) }
        return { status: created ? 201 : 200, headers, body: toUser(user, origin) }
      },
    ),

    route(
      {
        method: 'PUT',
        path: `${following}/:other`,
        auth: 'owner',
        summary: 'Follow a user',
        tag,
        params: FollowParams,
        replies: { 204: { description: 'Followed' } },
        problems: ['invalid-input'],
      },
      async ({ viewer, params }) => {
        await follows.follow(viewer, params.other)
        return { status: 204 }
      },
    ),

    route(
      {
        method: 'DELETE',
        path: `${following}/:other`,
        auth: 'owner',
        summary: 'Follow a user no more',
        tag,
        params: FollowParams,
        replies: { 204: { description: 'Not followed' } },
      },
      async ({ viewer, params }) => {
        await follows.unfollow(viewer, params.other)
        return { status: 204 }
      },
    ),
  ]
}
