import { z } from 'zod'
import { toUser, User, Username, UserParams, userHref } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { listReply, listResponse, PageQuery } from '../http/pagination.ts'
import { FollowParams, NewFollow } from './schema.ts'
import type { Follows } from './service.ts'

const tag = 'Follows'
const following = '/api/users/:username/following'
const pageOfUsers = listReply('A page of users', z.array(User))
const FollowQuery = PageQuery.extend({
  user: Username.optional().meta({
    description: 'Return only this user, if the list contains it.',
    examples: ['bob'],
  }),
})
const location = { Location: 'The URL of the followed user' }

export function followRoutes(follows: Follows) {
  return [
    route(
      {
        method: 'GET',
        path: following,
        auth: 'none',
        summary: 'List the users that a user follows, newest follow first',
        tag,
        params: UserParams,
        query: FollowQuery,
        replies: { 200: pageOfUsers },
      },
      async (input) =>
        listResponse(input, await follows.following(input.params.username, input.query), toUser),
    ),

    route(
      {
        method: 'GET',
        path: '/api/users/:username/followers',
        auth: 'none',
        summary: 'List the followers of a user, newest follow first',
        tag,
        params: UserParams,
        query: FollowQuery,
        replies: { 200: pageOfUsers },
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
          200: { description: 'The user, who was followed already', body: User, headers: location },
          201: { description: 'The user, who is followed from now on', body: User, headers: location },
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
        summary: 'Unfollow a user',
        tag,
        params: FollowParams,
        replies: { 204: { description: 'Not followed any more' } },
      },
      async ({ viewer, params }) => {
        await follows.unfollow(viewer, params.other)
        return { status: 204 }
      },
    ),
  ]
}
