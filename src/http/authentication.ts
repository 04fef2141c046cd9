// Bearer tokens (RFC 6750) and what each user may do.
import { AppError } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import type { Context } from './context.ts'
import type { Auth } from './endpoint.ts'

/** Finds the user of a live token; undefined where it is none. */
export type Authenticate = (token: string) => Promise<Viewer | undefined>

const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i

/**
 * The user that sends the request; undefined for one without an Authorization, where anyone may.
 *
 * @throws {AppError} unauthenticated where a token is needed and missing, and for any that is not live.
 */
export async function authenticated(
  ctx: Context,
  auth: Auth,
  authenticate: Authenticate,
): Promise<Viewer | undefined> {
  const header = ctx.get('Authorization')
  if (header === '') {
    if (auth === 'none') return undefined
    throw unauthenticated('A token is needed.', 'Bearer')
  }
  const token = bearer.exec(header)?.[1]
  const viewer = token === undefined ? undefined : await authenticate(token)
  if (viewer) return viewer
  throw unauthenticated('The token is not a live one.', 'Bearer error="invalid_token"')
}

/** @throws {AppError} forbidden unless the viewer is the user that the path names, in any case. */
export function checkOwner(viewer: Viewer | undefined, username: string | undefined) {
  if (viewer?.usernameKey !== username?.toLowerCase()) {
    throw new AppError('forbidden', 'Only the user that the path names may do this.')
  }
}

function unauthenticated(message: string, challenge: string): AppError {
  return new AppError('unauthenticated', message, { headers: { 'WWW-Authenticate': challenge } })
}
