// Errors of the driver: what Prisma's adapter leaves untranslated, and the class that a metric may name.
import { DriverAdapterError, type MappedError } from '@prisma/driver-adapter-utils'
import { databaseErrors } from '../metrics/catalogue.ts'
import type { DatabaseOperation } from '../metrics/instruments.ts'

type Kind = 'DatabaseNotReachable' | 'ConnectionClosed' | 'SocketTimeout'

/**
 * The error as Prisma understands it. The adapter knows server errors and some of the socket's; the others, which pg
 * and its pool make up, come through as they are and would look like faults of the service.
 */
export function asDriverError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DriverAdapterError) return error
  const kind = connectionFault(error)
  if (!kind) return error
  return Object.assign(new DriverAdapterError({ kind, originalMessage: error.message }), {
    stack: error.stack,
  })
}

/** What a connection that failed shows of it; undefined where the error is of another sort. */
export function connectionFault(error: Error): Kind | undefined {
  if (/^timeout exceeded|connection timeout$|^timeout expired$|fell silent|read timeout/.test(error.message))
    return 'SocketTimeout'
  if (/^Connection terminated|not queryable|after calling end|^Client was closed/.test(error.message))
    return 'ConnectionClosed'
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'ConnectionClosed'
  if (code === 'ETIMEDOUT') return 'SocketTimeout'
  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENOENT)$/.test(String(code)))
    return 'DatabaseNotReachable'
  return undefined
}

const connectionKinds: ReadonlySet<MappedError['kind']> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'TlsConnectionError',
])

/** The SQLSTATE class (PostgreSQL, appendix A) or what stands for it where the server had no say. */
export function errorClass(error: unknown): DatabaseOperation['error'] {
  if (!(error instanceof DriverAdapterError)) return '_OTHER'
  const { kind, originalCode } = error.cause
  if (kind === 'SocketTimeout') return 'timeout'
  const found = originalCode?.slice(0, 2) ?? (connectionKinds.has(kind) ? '08' : '_OTHER')
  return databaseErrors.find((known) => known === found) ?? '_OTHER'
}
