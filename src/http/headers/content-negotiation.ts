// What a client takes and what it sends (RFC 9110, sections 12.5.1 and 8.3).
import Negotiator from 'negotiator'
import { AppError } from '../../errors.ts'
import type { Context } from '../context.ts'
import type { Endpoint, Reply } from '../endpoint.ts'

/**
 * Parameters of a media range other than `q`: none of our types has any, so they tell nothing apart. A quoted value
 * that does not end goes to the end, so that no header is scanned again and again.
 */
const parameters = /;(?!\s*q\s*=)[^;,"]*(?:"(?:[^"\\]|\\.?)*(?:"|$))?[^;,"]*/gi

/**
 * Refuses a request whose `Accept` takes none of the endpoint's types; an endpoint without a body to send
 * takes any.
 *
 * @throws {AppError} not-acceptable
 */
export function checkAccept(ctx: Context, types: readonly string[]) {
  const accept = ctx.get('Accept')
  if (accept === '' || accept === '*/*' || types.length === 0) return
  const negotiator = new Negotiator({ headers: { accept: accept.replace(parameters, '') } })
  if (negotiator.mediaType([...types])) return
  throw new AppError('not-acceptable', `This path answers in ${types.join(' or ')}.`)
}

/** The media types that a reply may have, the usual one first. */
export const mediaTypes = ({ type = 'application/json' }: Reply): string[] => [type].flat()

/** The media types of an endpoint's successful answers. */
export function producedTypes({ replies }: Endpoint): string[] {
  const types = Object.entries(replies)
    .filter(([status, reply]) => Number(status) < 300 && reply.body)
    .flatMap(([, reply]) => mediaTypes(reply))
  return [...new Set(types)]
}
