// Admission control: when the service is behind with its work, it rejects requests to the API before they cost anything.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { requestPath } from '../../../lib/request-path.ts'
import type { Metrics } from '../../metrics/instruments.ts'
import type { Priority, Route } from '../endpoint.ts'
import { sampleDelay } from './delay.ts'
import type { Handle } from './one-at-a-time.ts'
import { createRejection } from './rejection.ts'

/**
 * The share of the limit up to which requests of a priority are admitted: cheap reads are rejected last, and what hashes
 * a password first.
 */
const shares: Readonly<Record<Priority, number>> = { read: 1, write: 0.8, login: 0.5 }

const sampleMs = 50
/** The number of recent samples, of which the smallest counts: a short pause is not overload (as in CoDel, RFC 8289). */
const standing = 2
/** The limit never falls below this: a few requests are also slow on a busy machine or with a distant database. */
const leastLimit = 64
const greatestLimit = 1_000
/** Two passwords are hashed at a time, so the last of these logins waits for about a quarter of a second. */
const greatestLogins = 16

export type AdmissionOptions = {
  /** The delay from which on requests are rejected; 0 admits all. */
  maxDelayMs: number
  /** How long the longest-waiting statement has waited for a connection. */
  connectionDelayMs: () => number
  routes: readonly Route[]
  corsOrigins: readonly string[]
  metrics: Metrics
}

/**
 * Passes a request to `handle` only while fewer requests are active than the limit, which follows the measured delay:
 * the sum of the event loop's and of the wait for a connection. Above `maxDelayMs` the limit shrinks in proportion, because
 * the delay is proportional to the number of active requests (Little's law); below half of it the limit grows again.
 *
 * Pages, files and health checks are always admitted: they cost no more than a rejection.
 */
export function admitting(handle: Handle, options: AdmissionOptions): Handle {
  const { maxDelayMs, connectionDelayMs, routes, corsOrigins, metrics } = options
  if (maxDelayMs === 0) return handle
  const priorityOf = createPriorities(routes)
  const reject = createRejection(corsOrigins)
  let active = 0
  /** The most active requests since the last sample. */
  let peak = 0
  let logins = 0
  let limit = greatestLimit
  let samples: number[] = []
  sampleDelay(sampleMs, (eventLoopMs) => {
    samples = [eventLoopMs + connectionDelayMs(), ...samples].slice(0, standing)
    limit = nextLimit(limit, peak, Math.min(...samples) / maxDelayMs)
    peak = active
  })

  return (request, response) => {
    const priority = priorityOf(request)
    if (!priority) return handle(request, response)
    const isLogin = priority === 'login'
    if (active >= limit * shares[priority] || (isLogin && logins >= greatestLogins)) {
      metrics.requestRejected('overload')
      return reject(request, response)
    }
    whileActive(request, response, (change) => {
      active += change
      peak = Math.max(peak, active)
      if (isLogin) logins += change
    })
    return handle(request, response)
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

/** @param excess the measured delay as a multiple of the greatest that is accepted */
function nextLimit(limit: number, peak: number, excess: number): number {
  if (excess > 1)
    return Math.max(leastLimit, Math.min(limit, peak) * Math.max(0.5, Math.min(0.9, 1 / excess)))
  return excess < 0.5 ? Math.min(greatestLimit, limit * 1.1) : limit
}

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
