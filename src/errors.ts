/** What can go wrong in terms of the service; `http/problems.ts` maps each code to a status. */
export type ErrorCode =
  | 'malformed-request'
  | 'invalid-input'
  | 'unauthenticated'
  | 'wrong-credentials'
  | 'forbidden'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'username-taken'
  | 'request-in-progress'
  | 'request-timeout'
  | 'precondition-failed'
  | 'content-too-large'
  | 'unsupported-media-type'
  | 'idempotency-key-reused'
  | 'rate-limited'
  | 'header-too-large'
  | 'internal-error'
  | 'unavailable'

/** One fault in the input, at exactly one place: a JSON pointer into the body, a parameter or a header. */
export type Fault = { detail: string } & ({ pointer: string } | { parameter: string } | { header: string })

/** A failure that its receiver can understand: services throw it, `http/problem.ts` renders it. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly faults: readonly Fault[] | undefined
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(
    code: ErrorCode,
    message: string,
    more: { faults?: readonly Fault[]; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.code = code
    this.faults = more.faults
    this.headers = more.headers
  }
}

/** Input that was well-formed but is refused for what it says, at one place of the body. */
export const invalidAt = (pointer: string, detail: string) => invalid({ detail, pointer })

/** The same for a parameter of the path or the query. */
export const invalidParameter = (parameter: string, detail: string) => invalid({ detail, parameter })

function invalid(fault: Fault): AppError {
  return new AppError('invalid-input', 'The request has invalid input.', { faults: [fault] })
}
