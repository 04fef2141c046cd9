// Content negotiation by `Accept` (RFC 9110, section 12.5.1).
import Negotiator from 'negotiator'
import { AppError } from '../../errors.ts'
import type { Context } from '../context.ts'
import type { Endpoint, Reply } from '../endpoint.ts'

/**
 * Parameters of a media range other than `q`. They are ignored, because no media type of ours has any. An unterminated
 * quoted value extends to the end of the header, so that matching takes linear time.
 */
const parameters = /;(?!\s*q\s*=)[^;,"]*(?:"(?:[^"\\]|\\.?)*(?:"|$))?[^;,"]*/gi

/** @throws {AppError} not-acceptable if `Accept` allows none of these types; no types means no body to negotiate */
export function checkAccept(ctx: Context, types: readonly string[]) {
  const accept = ctx.get('Accept')
  if (accept === '' || accept === '*/*' || types.length === 0) return
  const negotiator = new Negotiator({ headers: { accept: accept.replace(parameters, '') } })
  if (negotiator.mediaType([...types])) return
  throw new AppError('not-acceptable', `This path responds with ${types.join(' or ')}.`)
}

/** The media types of a reply, the default first. */
export const mediaTypes = ({ type = 'application/json' }: Reply): string[] => [type].flat()

/** The media types of an endpoint's successful responses. */
export function producedTypes({ replies }: Endpoint): string[] {
  const types = Object.entries(replies)
    .filter(([status, reply]) => Number(status) < 300 && reply.body)
    .flatMap(([, reply]) => mediaTypes(reply))
  return [...new Set(types)]
}
