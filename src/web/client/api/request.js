// Requests to the API. What is safe to repeat is repeated until the service responds.
import { reconnected } from './connection.js'
import { problemOf, unreachable } from './problem.js'
import { expireSession, session } from './session.js'

/** @typedef {{ json?: unknown, headers?: Record<string, string> }} RequestOptions */

/** A service that is silent for this long counts as unreachable. */
const timeoutMs = 20_000

/**
 * Sends a request and returns the parsed body with the response's headers. An invalid token ends the session.
 *
 * @param {string} method
 * @param {string} path
 * @param {RequestOptions} [options]
 * @returns {Promise<{ body: any, headers: Headers }>}
 * @throws {import('./problem.js').Problem} for an error response
 */
export async function request(method, path, options = {}) {
  const isRepeatable = method !== 'POST' || options.headers?.['Idempotency-Key'] !== undefined
  for (;;) {
    const token = session.get()?.token
    const response = await attempt(method, path, options, token).catch(() => undefined)
    if (response?.isOk) return response
    if (!response) {
      if (isRepeatable) {
        await reconnected()
        continue
      }
      void reconnected()
      throw unreachable()
    }
    const problem = problemOf(response)
    const isTemporary = response.status === 503 || problem.type.endsWith('/request-in-progress')
    if (isTemporary && isRepeatable) {
      await reconnected(Math.max(1, problem.retryAfterSeconds) * 1_000)
      continue
    }
    // The session that was refused, not one that began meanwhile.
    if (response.status === 401 && token && token === session.get()?.token) expireSession()
    throw problem
  }
}

/**
 * Rejects if there is no complete response.
 *
 * @param {string} method
 * @param {string} path
 * @param {RequestOptions} options
 * @param {string | undefined} token
 */
async function attempt(method, path, { json, headers }, token) {
  const response = await fetch(path, {
    method,
    headers: {
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
      ...(token && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: json === undefined ? null : JSON.stringify(json),
    signal: AbortSignal.timeout(timeoutMs),
  })
  const text = await response.text()
  const isJson = /json/.test(response.headers.get('Content-Type') ?? '')
  return {
    isOk: response.ok,
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : undefined,
  }
}

/**
 * The path of the next page of a list (RFC 8288). The client stays on the origin that served it.
 *
 * @param {Headers} headers
 * @returns {string | null}
 */
export function nextPage(headers) {
  const target = /<([^>]+)>;\s*rel="next"/.exec(headers.get('Link') ?? '')?.[1]
  if (!target) return null
  const { pathname, search } = new URL(target, location.origin)
  return pathname + search
}

/** @param {string} username */
export const userPath = (username) => `/api/users/${encodeURIComponent(username)}`
