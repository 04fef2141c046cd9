// Bearer tokens (RFC 6750), and the check for the owner of a path.
import { AppError } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import type { Context } from './context.ts'
import type { Endpoint } from './endpoint.ts'

/** Finds the user and session of a token; undefined if the token is invalid, expired or revoked. */
export type Authenticate = (token: string) => Promise<Viewer | undefined>

const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i

/**
 * The user who sends the request; undefined if the request is anonymous or the endpoint ignores tokens.
 *
 * @throws {AppError} unauthenticated if a required token is missing, or if the token is invalid
 */
export async function findViewer(
  ctx: Context,
  { auth, api }: Pick<Endpoint, 'auth' | 'api'>,
  authenticate: Authenticate,
): Promise<Viewer | undefined> {
  if (auth === 'none' && !api) return undefined
  const header = ctx.get('Authorization')
  if (header === '') {
    if (auth === 'none') return undefined
    throw unauthenticated('This endpoint requires a token.', 'Bearer')
  }
  const token = bearer.exec(header)?.[1]
  const viewer = token === undefined ? undefined : await authenticate(token)
  if (viewer) return viewer
  throw unauthenticated('The token is invalid or expired.', 'Bearer error="invalid_token"')
}

/** @throws {AppError} forbidden unless the path names the viewer, in any case */
export function checkOwner(viewer: Viewer | undefined, username: string | undefined) {
  if (viewer?.usernameKey !== username?.toLowerCase()) {
    throw new AppError('forbidden', 'Only the user named in the path may do this.')
  }
}

function unauthenticated(message: string, challenge: string): AppError {
  return new AppError('unauthenticated', message, { headers: { 'WWW-Authenticate': challenge } })
}
