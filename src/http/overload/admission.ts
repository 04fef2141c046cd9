// Admission control: when the service is behind with its work, it rejects requests to the API before they cost anything.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { requestPath } from '../../../lib/request-path.ts'
import { reportEarlyResponse } from '../../../lib/telemetry-status.ts'
import type { Metrics } from '../../metrics/instruments.ts'
import type { Priority, Route } from '../endpoint.ts'
import { createLimit } from './limit.ts'
import type { Handle } from './one-at-a-time.ts'
import { createRejection } from './rejection.ts'

/**
 * The share of the limit up to which requests of a priority are admitted: cheap reads are rejected last, and what hashes
 * a password first.
 */
const shares: Readonly<Record<Priority, number>> = { read: 1, write: 0.8, login: 0.5 }

/** Two passwords are hashed at a time, so the last of these logins waits for about a quarter of a second. */
const greatestLogins = 16
/** Whoever guesses passwords sends the next login at once. A late rejection leaves the CPU to other requests meanwhile. */
const loginRejectionMs = 50

export type AdmissionOptions = {
  /** The delay from which on requests are rejected; 0 admits all. */
  maxDelayMs: number
  /** How long the longest-waiting statement has waited for a connection. */
  connectionDelayMs: () => number
  routes: readonly Route[]
  corsOrigins: readonly string[]
  metrics: Metrics
}

export type Admission = {
  /** Passes a request to the app only while fewer requests are active than the limit; otherwise rejects it. */
  handle: Handle
  /**
   * Rejects a request that `handle` would reject, before Node emits `request`: what listens there, such as telemetry, costs more
   * than the rejection itself. Returns whether the response was sent.
   */
  rejectEarly: (request: IncomingMessage, response: ServerResponse) => boolean
}

/**
 * Limits the number of active requests. The limit follows the measured load. Logins are counted apart: they wait for a
 * hash, while the event loop and the database are free for other requests.
 *
 * Pages, files and health checks are always admitted: they cost no more than a rejection.
 */
export function createAdmission(handle: Handle, options: AdmissionOptions): Admission {
  const { maxDelayMs, connectionDelayMs, routes, corsOrigins, metrics } = options
  if (maxDelayMs === 0) return { handle, rejectEarly: () => false }
  const priorityOf = createPriorities(routes)
  const reject = createRejection(corsOrigins)
  const limit = createLimit(maxDelayMs, connectionDelayMs)
  let active = 0
  let logins = 0

  const isRejected = (priority: Priority) =>
    priority === 'login'
      ? logins >= greatestLogins || limit.isReached(Math.max(active, logins), shares.login)
      : limit.isReached(active, shares[priority])
  const countRejection = () => {
    limit.rejected()
    metrics.requestRejected('overload')
  }

  return {
    handle(request, response) {
      const priority = priorityOf(request)
      if (!priority) return handle(request, response)
      const isLogin = priority === 'login'
      if (isRejected(priority)) {
        countRejection()
        return isLogin ? setTimeout(reject, loginRejectionMs, request, response) : reject(request, response)
      }
      whileActive(request, response, (change) => {
        if (isLogin) logins += change
        else active += change
      })
      return handle(request, response)
    },

    rejectEarly(request, response) {
      // Far from the limit, the priority does not matter.
      if (!limit.isReached(active, shares.write)) return false
      const priority = priorityOf(request)
      if (!priority || priority === 'login' || !isRejected(priority)) return false
      const start = performance.now()
      countRejection()
      reject(request, response)
      reportEarlyResponse(request, response.statusCode, (performance.now() - start) / 1_000)
      return true
    },
  }
}

/**
 * Calls `count` with 1 and later with -1. A request is active from the end of its body until the response is on its way or
 * becomes a stream, so clients that send or read slowly do not count.
 */
function whileActive(request: IncomingMessage, response: ServerResponse, count: (change: 1 | -1) => void) {
  const { 'content-length': length = 0, 'transfer-encoding': encoding } = request.headers
  const begin = () => {
    // The response, such as a 401, was sent before the end of the body.
    if (response.writableEnded || response.destroyed) return
    count(1)
    const end = () => {
      for (const event of ended) response.off(event, end)
      count(-1)
    }
    for (const event of ended) response.on(event, end)
  }
  if (Number(length) > 0 || encoding !== undefined) request.once('end', begin)
  else begin()
}

const ended = ['prefinish', 'pipe', 'close'] as const

/** Returns a function that finds the priority of a request without routing it; undefined for what is always admitted. */
function createPriorities(routes: readonly Route[]): (request: IncomingMessage) => Priority | undefined {
  const declared = new Map<string, Priority>()
  for (const { endpoint } of routes)
    if (endpoint.priority) declared.set(`${endpoint.method} ${endpoint.path}`, endpoint.priority)
  return (request) => {
    const { method = '' } = request
    const path = requestPath(request)
    if (!path.startsWith('/api/')) return undefined
    return declared.get(`${method} ${path}`) ?? (reads.has(method) ? 'read' : 'write')
  }
}

const reads: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
