import { z } from 'zod'
import { route } from '../http/endpoint.ts'
import { listReply, listResponse, SearchQuery } from '../http/pagination.ts'
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
        rateLimit: { name: 'signup', by: 'address' },
        body: NewUser,
        replies: {
          201: { description: 'The new user', body: User, headers: { Location: 'Where the user is' } },
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
        summary: 'List users, or search them, the newest first',
        description:
          'A search finds the users whose username begins with it, or whose display name has all of its words.',
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
        summary: 'Change the own profile or password',
        description: 'A new password needs the current one and ends all other sessions.',
        tag,
        params: UserParams,
        body: UserChange,
        replies: { 200: { description: 'The user as it is now', body: User } },
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
        summary: 'Delete the own account',
        description: 'Posts, follows and sessions go with it; posts of others that reference the user stay.',
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
