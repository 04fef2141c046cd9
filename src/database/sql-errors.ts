// What went wrong in the database, for those who know their constraints but neither adapters nor error codes.

import { connectionFault } from './driver-errors.ts'
import { Prisma } from './generated/client.ts'

/** The part of a driver's error that Prisma keeps in an error's `meta`. */
type Cause = { kind?: string; originalCode?: string; constraint?: { index?: string } }

/** Whether a row with the same key exists; with a name, whether it was that index that found it. */
export function isUniqueViolation(error: unknown, index?: string): boolean {
  if (sqlState(error) !== '23505') return false
  return index === undefined || causeOf(error)?.constraint?.index === index
}

/** Whether a row that a column points at is not, or no longer, there. */
export function isForeignKeyViolation(error: unknown): boolean {
  const state = sqlState(error)
  return state === '23503' || state === '23001'
}

/** Whether the transaction met another and may succeed when it is run again (serialization, deadlock). */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error)
  return state === '40001' || state === '40P01' || codeOf(error) === 'P2034'
}

/**
 * Whether the database could not be reached or had no room in time, so that the same request may succeed later:
 * no connection, none free, too many, shutting down, a statement or transaction that took too long.
 */
export function isUnavailable(error: unknown): boolean {
  const kind = causeOf(error)?.kind
  if (kind !== undefined && unavailableKinds.has(kind)) return true
  if (/^(08|53|57)/.test(sqlState(error) ?? '')) return true
  // P2028: no transaction could be started in time, or it ran out of it.
  return codeOf(error) === 'P2028' || (error instanceof Error && connectionFault(error) !== undefined)
}

const unavailableKinds: ReadonlySet<string> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
])

/** One line for people. Where a name has several addresses and none answers, Node's error has no message itself. */
export function faultMessage(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return faultMessage(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

/** The server's own code (PostgreSQL, appendix A), from Prisma's errors and from the driver's. */
export function sqlState(error: unknown): string | undefined {
  const code = causeOf(error)?.originalCode ?? codeOf(error)
  return code && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('P') ? code : undefined
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function causeOf(error: unknown): Cause | undefined {
  const adapterError =
    error instanceof Prisma.PrismaClientKnownRequestError ? error.meta?.driverAdapterError : error
  return adapterError instanceof Error && typeof adapterError.cause === 'object'
    ? (adapterError.cause as Cause)
    : undefined
}
