import { z } from 'zod'
import { route } from '../http/endpoint.ts'
import { listReply, listResponse, SearchQuery, shortPages } from '../http/pagination.ts'
import { NewUser, toUser, User, UserChange, UserParams, userHref } from './schema.ts'
import type { Accounts } from './service.ts'

const tag = 'Users'

export function accountRoutes(accounts: Accounts) {
  return [
    route(
      {
        method: 'POST',
        path: '/api/users',
        auth: 'none',
        summary: 'Sign up',
        tag,
        priority: 'login',
        rateLimit: { name: 'signup', by: 'address' },
        body: NewUser,
        replies: {
          201: { description: 'The new user', body: User, headers: { Location: 'The URL of the user' } },
        },
        problems: ['username-taken'],
      },
      async ({ body, origin }) => {
        const user = await accounts.register(body)
        return {
          status: 201,
          headers: { Location: userHref(origin, user.username) },
          body: toUser(user, origin),
        }
      },
    ),

    route(
      {
        method: 'GET',
        path: '/api/users',
        auth: 'none',
        summary: 'List or search users, newest first',
        description: `A search finds the users whose username begins with it, or whose display name contains all its words. ${shortPages}`,
        tag,
        query: SearchQuery,
        replies: { 200: listReply('A page of users', z.array(User)) },
      },
      async (input) => listResponse(input, await accounts.list(input.query), toUser),
    ),

    route(
      {
        method: 'GET',
        path: '/api/users/:username',
        auth: 'none',
        summary: 'Read a profile',
        tag,
        params: UserParams,
        replies: { 200: { description: 'The user', body: User } },
      },
      async ({ params, origin }) => ({
        status: 200,
        body: toUser(await accounts.find(params.username), origin),
      }),
    ),

    route(
      {
        method: 'PATCH',
        path: '/api/users/:username',
        auth: 'owner',
        summary: 'Update your profile or password',
        description: 'A new password requires the current one and ends all your other sessions.',
        tag,
        params: UserParams,
        body: UserChange,
        replies: { 200: { description: 'The updated user', body: User } },
      },
      async ({ viewer, body, origin }) => ({
        status: 200,
        body: toUser(await accounts.change(viewer, body), origin),
      }),
    ),

    route(
      {
        method: 'DELETE',
        path: '/api/users/:username',
        auth: 'owner',
        summary: 'Delete your account',
        description:
          'Also deletes your posts, follows and sessions. Posts of other users that reference you stay.',
        tag,
        params: UserParams,
        replies: { 204: { description: 'Deleted' } },
      },
      async ({ viewer }) => {
        await accounts.remove(viewer.userId)
        return { status: 204 }
      },
    ),
  ]
}
