// Every kind of problem that the API answers with: its status, its title and what a client can do about it.
import type { ErrorCode, Fault } from '../../errors.ts'

export type Problem = { status: number; title: string; explanation: string }

export const problems: Readonly<Record<ErrorCode, Problem>> = {
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    explanation:
      'The request could not be read: its body is not a JSON object in UTF-8 (or a well-formed form), or its Host is no host. Mend what the detail names and send it again.',
  },
  'invalid-input': {
    status: 400,
    title: 'Invalid input',
    explanation:
      'The request was read but holds values that are refused. `errors` lists every fault at once, each with the place it is at: a JSON pointer into the body, a parameter or a header.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not authenticated',
    explanation:
      'The request needs a live token and had none, or its Authorization is not one. Log in with POST /api/login and send `Authorization: Bearer TOKEN`.',
  },
  'wrong-credentials': {
    status: 401,
    title: 'Wrong credentials',
    explanation: 'No user has this username and this password. Which of the two is wrong is not said.',
  },
  forbidden: {
    status: 403,
    title: 'Forbidden',
    explanation: 'Only the user that the path names may do this, and the token is of another user.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    explanation: 'Nothing is at this path, or what it names does not exist (any more).',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    explanation: 'The path exists but not with this method. `Allow` lists those that it has.',
  },
  'not-acceptable': {
    status: 406,
    title: 'Not acceptable',
    explanation: 'The `Accept` header takes none of the types in which this path answers.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request timeout',
    explanation: 'The request did not arrive whole in time: 10 s for its header, 30 s for all of it.',
  },
  'username-taken': {
    status: 409,
    title: 'Username taken',
    explanation: 'Another user has this username, perhaps in another case. Choose another one.',
  },
  'request-in-progress': {
    status: 409,
    title: 'Request in progress',
    explanation:
      'A request with the same `Idempotency-Key` is being answered. Send it again a little later: the answer is then the one that the first request got.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    explanation: 'The post is no longer the one that `If-Match` names. Read it again before you change it.',
  },
  'content-too-large': {
    status: 413,
    title: 'Content too large',
    explanation: 'A request body may have 16 KiB at most.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    explanation:
      'Bodies are application/json or application/x-www-form-urlencoded, in UTF-8, without a Content-Encoding.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency key reused',
    explanation:
      'An earlier request of yours had this `Idempotency-Key` and other content. Take a new key for every new post; a key is free again after 24 hours.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    explanation:
      'A limit is reached, and `RateLimit-Limit` says which number it is. Wait for as many seconds as `Retry-After` says before you try again.',
  },
  'header-too-large': {
    status: 431,
    title: 'Header too large',
    explanation: 'The request line and the header fields may have 16 KiB together.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    explanation: 'The service failed. The fault is in its log under the request id that `instance` gives.',
  },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    explanation:
      'The service cannot answer at the moment, for example without its database. Try again later.',
  },
}

/** The `type` of a problem (RFC 9457, section 3.1.1): a path that answers with a page about it. */
export const problemType = (code: ErrorCode): string => `/problems/${code}`

export const problemMediaType = 'application/problem+json'

/** A problem as it is sent; `instance` is the request id. */
export function problemBody(
  code: ErrorCode,
  { detail, instance, faults }: { detail: string; instance: string; faults?: readonly Fault[] | undefined },
): string {
  const { title, status } = problems[code]
  const type = problemType(code)
  return JSON.stringify({ type, title, status, detail, instance, ...(faults && { errors: faults }) })
}
