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
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
export async function problemOf(response) {
  const seconds = Number(response.headers.get('Retry-After')) || 0
  const body = await response.json().catch(() => ({}))
  const detail = body.detail ?? `The service responded with status ${response.status}.`
  return new Problem({ ...body, status: response.status, detail }, seconds)
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
