// The target of a request may be a whole URL (RFC 9112, section 3.2.2); everything behind this sees its path and query.
import { AppError } from '../errors.ts'
import type { Middleware } from './context.ts'

const absoluteForm = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/is

/** @throws {AppError} malformed-request if the URL names no host */
export function originForm(): Middleware {
  return ({ req }, next) => {
    const [target, authority = '', rest = ''] = absoluteForm.exec(req.url ?? '') ?? []
    if (target === undefined) return next()
    // Koa cannot read the path of an invalid URL, not even to respond.
    req.url = rest.startsWith('/') ? rest : `/${rest}`
    if (!URL.canParse(`http://${authority}`))
      throw new AppError('malformed-request', 'The URL in the request line is malformed.')
    return next()
  }
}
