// The problem types of the API: status, title, and an explanation for clients.
import type { ErrorCode, Fault } from '../../errors.ts'

export type Problem = { status: number; title: string; explanation: string }

export const problems: Readonly<Record<ErrorCode, Problem>> = {
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    explanation:
      'The request could not be parsed. For example, the body is not a JSON object in UTF-8 (or a valid form), or the Host header is malformed. Correct what the detail names and send the request again.',
  },
  'invalid-input': {
    status: 400,
    title: 'Invalid input',
    explanation:
      'The request has invalid values. `errors` lists every fault with its place: a JSON pointer into the body, a parameter or a header.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    explanation:
      'The endpoint requires a token, or the token is invalid or expired. Log in with POST /api/login and send `Authorization: Bearer TOKEN`.',
  },
  'wrong-credentials': {
    status: 401,
    title: 'Wrong credentials',
    explanation: 'The username or the password is wrong. The response does not reveal which.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    explanation: 'Only the user named in the path may do this, and the token belongs to another user.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    explanation: 'The path does not exist, or it names a resource that does not exist or was deleted.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    explanation: 'The path does not support this method. `Allow` lists the supported methods.',
  },
  'not-acceptable': {
    status: 406,
    title: 'Not acceptable',
    explanation: 'The `Accept` header allows none of the media types of this path.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request timeout',
    explanation:
      'The request took too long to arrive. By default, the limits are 10 s for the headers and 30 s for the whole request.',
  },
  'username-taken': {
    status: 409,
    title: 'Username taken',
    explanation: 'Another user has this username, possibly in a different case. Choose another one.',
  },
  'request-in-progress': {
    status: 409,
    title: 'Request in progress',
    explanation:
      'A request with the same `Idempotency-Key` is in progress. Send it again after `Retry-After` seconds to get the response of the first request.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    explanation:
      'The post has changed: its ETag does not match `If-Match`. Read it again before you change it.',
  },
  'content-too-large': {
    status: 413,
    title: 'Content too large',
    explanation: 'Request bodies are limited to 16 KiB.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    explanation:
      'Bodies must be application/json or application/x-www-form-urlencoded, in UTF-8, without a Content-Encoding.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    explanation:
      'You sent this `Idempotency-Key` with different content before. Use a new key for every new post. Keys expire after 24 hours.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    explanation:
      'You exceeded a rate limit, whose number of requests is in `RateLimit-Limit`. Wait `Retry-After` seconds before you try again.',
  },
  'header-too-large': {
    status: 431,
    title: 'Headers too large',
    explanation: 'The request line and the headers together are limited to 16 KiB.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    explanation:
      'The service failed to process the request. Its log has the details under the request id in `instance`.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    explanation:
      'The load exceeds the capacity of the service, which rejected the request before it did anything. Send it again after `Retry-After` seconds.',
  },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    explanation:
      'The service cannot process the request at the moment, for example because the database is unavailable. Try again later.',
  },
}

/** The `type` of a problem (RFC 9457, section 3.1.1): the path of a page about it. */
export const problemType = (code: ErrorCode): string => `/problems/${code}`

export const problemMediaType = 'application/problem+json'

/** The JSON text of a problem; `instance` is the request id. */
export function problemBody(
  code: ErrorCode,
  { detail, instance, faults }: { detail: string; instance: string; faults?: readonly Fault[] | undefined },
): string {
  const { title, status } = problems[code]
  const type = problemType(code)
  return JSON.stringify({ type, title, status, detail, instance, ...(faults && { errors: faults }) })
}
