import { z } from 'zod'
import { toUser } from '../accounts/schema.ts'
import { route } from '../http/endpoint.ts'
import { Credentials, Login, Session, SessionParams, toSession } from './schema.ts'
import type { Sessions } from './service.ts'

const tag = 'Sessions'
const noStore = { 'Cache-Control': 'no-store' }
const cacheControl = { 'Cache-Control': '`no-store`: the response is private' }

export function sessionRoutes(sessions: Sessions) {
  return [
    route(
      {
        method: 'POST',
        path: '/api/login',
        auth: 'none',
        summary: 'Log in',
        tag,
        priority: 'login',
        rateLimit: {
          name: 'login',
          by: 'address',
          bodyField: 'username',
          onExceeded: () => sessions.loginLimited(),
        },
        body: Credentials,
        replies: { 200: { description: 'The token and its user', body: Login, headers: cacheControl } },
        problems: ['wrong-credentials'],
      },
      async ({ body, origin }) => {
        const { token, expiresAt, user } = await sessions.login(body)
        return {
          status: 200,
          headers: noStore,
          body: { token, expiresAt: expiresAt.toISOString(), user: toUser(user, origin) },
        }
      },
    ),

    route(
      {
        method: 'POST',
        path: '/api/logout',
        auth: 'user',
        summary: 'Log out',
        tag,
        replies: { 204: { description: 'The token is invalid from now on', headers: cacheControl } },
      },
      async ({ viewer }) => {
        await sessions.logout(viewer.sessionId)
        return { status: 204, headers: noStore }
      },
    ),

    route(
      {
        method: 'GET',
        path: '/api/sessions',
        auth: 'user',
        summary: 'List your active sessions',
        tag,
        replies: {
          200: {
            description: 'All active sessions, newest first',
            body: z.array(Session),
            headers: cacheControl,
          },
        },
      },
      async ({ viewer }) => {
        const rows = await sessions.list(viewer.userId)
        return { status: 200, headers: noStore, body: rows.map((row) => toSession(row, viewer.sessionId)) }
      },
    ),

    route(
      {
        method: 'DELETE',
        path: '/api/sessions/:id',
        auth: 'user',
        summary: 'End one of your sessions',
        tag,
        params: SessionParams,
        replies: { 204: { description: 'The session has ended', headers: cacheControl } },
      },
      async ({ viewer, params }) => {
        await sessions.end(viewer.userId, params.id)
        return { status: 204, headers: noStore }
      },
    ),
  ]
}
