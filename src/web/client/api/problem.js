// An error response (RFC 9457), or a request without any response.

/** @import { Fault } from './types.ts' */

export class Problem extends Error {
  /**
   * @param {{ status: number, type?: string, detail: string, errors?: Fault[] }} body
   * @param {number} retryAfterSeconds 0 if the response does not say when to try again
   */
  constructor({ status, type = '', detail, errors = [] }, retryAfterSeconds = 0) {
    super(detail)
    this.status = status
    this.type = type
    this.faults = errors
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export const unreachable = () =>
  new Problem({ status: 0, detail: 'microposts cannot be reached at the moment. Please try again.' })

/**
 * @param {{ status: number, headers: Headers, body: any }} response `body` is undefined if it is not JSON, as from a proxy
 * @returns {Problem}
 */
export function problemOf({ status, headers, body }) {
  const seconds = Number(headers.get('Retry-After')) || 0
  const detail = body?.detail ?? `The service responded with status ${status}.`
  return new Problem({ ...body, status, detail }, seconds)
}

/**
 * The problem that a failed operation is shown as.
 *
 * @param {unknown} error
 * @returns {Problem}
 */
export function toProblem(error) {
  if (error instanceof Problem) return error
  throw error
}
