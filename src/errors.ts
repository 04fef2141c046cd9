/** The kinds of failures; `http/problems/problem-types.ts` maps each to a status. */
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
  | 'overloaded'

/** One fault of the input and where it is: a JSON pointer into the body, a parameter or a header. */
export type Fault = { detail: string } & ({ pointer: string } | { parameter: string } | { header: string })

/** A failure whose message is shown to the client. Services throw it; `http/problems/handler.ts` renders it. */
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

export const invalidInput = (faults: readonly Fault[]) =>
  new AppError('invalid-input', 'The request has invalid input.', { faults })

/** Invalid input at one place of the body. */
export const invalidAt = (pointer: string, detail: string) => invalidInput([{ detail, pointer }])

/** Invalid input in one parameter of the path or the query. */
export const invalidParameter = (parameter: string, detail: string) => invalidInput([{ detail, parameter }])
