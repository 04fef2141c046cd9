// Classifies database errors, so that other code needs to know neither Prisma's adapter nor error codes.
import { DriverAdapterError } from '@prisma/driver-adapter-utils'
import { Prisma } from './generated/client.ts'

/** Whether a row with the same unique key exists. */
export function isUniqueViolation(error: unknown): boolean {
  return sqlState(error) === '23505'
}

/** Whether a foreign key refers to a row that does not exist or was deleted. */
export function isForeignKeyViolation(error: unknown): boolean {
  const state = sqlState(error)
  return state === '23503' || state === '23001'
}

/** Whether the transaction conflicted with another one and may succeed when it is retried. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01' || codeOf(error) === 'P2034'
}

/**
 * Whether the database could not be reached or was overloaded, so that the same request may succeed later: no
 * connection, no free connection, too many connections, a shutdown, a read-only server, a statement or transaction that timed out, or a
 * conflict that remained after the retries.
 */
export function isUnavailable(error: unknown): boolean {
  if (isConflict(error)) return true
  const kind = causeOf(error)?.kind
  if (kind !== undefined && unavailableKinds.has(kind)) return true
  if (/^(08|53|57|25006)/.test(sqlState(error) ?? '')) return true
  // P2028: a transaction could not be started in time or ran for too long.
  return codeOf(error) === 'P2028' || (error instanceof Error && connectionErrorKind(error) !== undefined)
}

const unavailableKinds: ReadonlySet<string> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
])

/**
 * Translates connection errors of pg and its pool to the type that Prisma expects of an adapter; returns all others as
 * they are. PrismaPg translates only server errors and a few socket errors itself.
 */
export function toDriverError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DriverAdapterError) return error
  const kind = connectionErrorKind(error)
  if (!kind) return error
  const driverError = new DriverAdapterError({ kind, originalMessage: error.message })
  return Object.assign(driverError, { stack: error.stack })
}

/** Prisma's kind of a connection error that pg, pg-pool or Node threw; undefined for other errors. */
function connectionErrorKind(error: Error) {
  if (/^timeout exceeded|connection timeout$|^timeout expired$|fell silent|read timeout/.test(error.message))
    return 'SocketTimeout'
  if (/^Connection terminated|not queryable|after calling end|^Client was closed/.test(error.message))
    return 'ConnectionClosed'
  const code = codeOf(error) ?? ''
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'ConnectionClosed'
  if (code === 'ETIMEDOUT') return 'SocketTimeout'
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENOENT)$/.test(code))
    return 'DatabaseNotReachable'
  return undefined
}

/** The SQLSTATE (PostgreSQL, appendix A) of an error from Prisma or from pg. */
export function sqlState(error: unknown): string | undefined {
  const code = causeOf(error)?.originalCode ?? codeOf(error)
  return code && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('P') ? code : undefined
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** The driver's part of an error, which Prisma's client keeps in `meta`. */
function causeOf(error: unknown): { kind?: string; originalCode?: string } | undefined {
  const driverError =
    error instanceof Prisma.PrismaClientKnownRequestError ? error.meta?.driverAdapterError : error
  return driverError instanceof Error && typeof driverError.cause === 'object'
    ? (driverError.cause ?? undefined)
    : undefined
}

/** The message of an error, on one line. Node's AggregateError (a host with several addresses) has none itself. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return errorMessage(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
