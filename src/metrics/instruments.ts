// Records every metric of the service, through one function per event. The only file in src/ that imports
// @opentelemetry/api; without a registered SDK, every call is a no-op.
import { type Attributes, metrics as api, type Counter, type Histogram, type Meter } from '@opentelemetry/api'
import { knownMethod } from '../../lib/http-attributes.ts'
import { type AttributeValues, instrumentOptions } from '../../lib/metric.ts'
import {
  catalogue,
  type databaseCollections,
  type databaseErrors,
  type databaseOperations,
  exceptionTypes,
  type loginOutcomes,
  type MetricName,
  type rejectionReasons,
} from './catalogue.ts'

export type Metrics = ReturnType<typeof createMetrics>

/** A statement: its verb, its table, and the class of its error if it failed. */
export type DatabaseOperation = {
  operation: (typeof databaseOperations)[number]
  collection?: (typeof databaseCollections)[number] | undefined
  error?: (typeof databaseErrors)[number] | undefined
}
export type RejectionReason = (typeof rejectionReasons)[number]
/** The numbers of connections by state, the maximum, and the number of waiting requests. */
export type PoolReading = { idle: number; used: number; max: number; pending: number }
export type MigrationsReading = { applied: number; unapplied: number }
export type Build = { version: string; revision: string; runtime: string }
/** `route` is the route template, or undefined if no route matched. */
export type RequestOutcome = { method: string; route: string | undefined; status: number }

/**
 * Creates every instrument of the catalogue; counters start at 0. The returned functions neither throw nor wait.
 *
 * Call it after the SDK is registered: an instrument created before never records anything.
 */
export function createMetrics(build: Build) {
  const meter = api.getMeter('microposts', build.version)
  const count = (name: MetricName) => counterFromZero(meter, name)
  const histogram = (name: MetricName): Histogram => meter.createHistogram(name, options(name))

  const active = countActiveRequests(meter)
  const requestBody = histogram('http.server.request.body.size')
  const responseBody = histogram('http.server.response.body.size')
  const operation = histogram('db.client.operation.duration')
  const timeouts = count('db.client.connection.timeouts')
  const waitTime = histogram('db.client.connection.wait_time')
  const useTime = histogram('db.client.connection.use_time')
  const postsCreated = count('microposts.post.created')
  const postsEdited = count('microposts.post.edited')
  const postsDeleted = count('microposts.post.deleted')
  const usersRegistered = count('microposts.user.registered')
  const usersDeleted = count('microposts.user.deleted')
  const followsCreated = count('microposts.follow.created')
  const followsDeleted = count('microposts.follow.deleted')
  const timelineSize = histogram('microposts.timeline.size')
  const streamClients = meter.createUpDownCounter(
    'microposts.stream.clients',
    options('microposts.stream.clients'),
  )
  streamClients.add(0)
  const logins = count('microposts.login')
  const replayed = count('microposts.idempotency.replayed')
  const rejected = count('microposts.request.rejected')
  const restarts = count('microposts.worker.restarted')
  const exceptions = meter.createCounter('microposts.exception', options('microposts.exception'))

  meter.createGauge('microposts.build.info', options('microposts.build.info')).record(1, {
    'service.version': build.version,
    'vcs.ref.head.revision': build.revision,
    'process.runtime.version': build.runtime,
  })

  return {
    /** Returns what `requestEnded` needs. */
    requestStarted: active.started,
    requestEnded: active.ended,
    requestBodyRead: (outcome: RequestOutcome, bytes: number) =>
      requestBody.record(bytes, outcomeAttributes(outcome)),
    responseBodySent: (outcome: RequestOutcome, bytes: number) =>
      responseBody.record(bytes, outcomeAttributes(outcome)),
    requestRejected: (reason: RejectionReason) => rejected.add(1, { 'microposts.rejection.reason': reason }),

    databaseOperated: (what: DatabaseOperation, seconds: number) =>
      operation.record(seconds, operationAttributes(what)),
    connectionTimedOut: () => timeouts.add(1, poolAttributes),
    connectionWaited: (seconds: number) => waitTime.record(seconds, poolAttributes),
    connectionUsed: (seconds: number) => useTime.record(seconds, poolAttributes),
    observePool: (read: () => PoolReading) => observePool(meter, read),
    observeMigrations: (read: () => MigrationsReading) => observeMigrations(meter, read),

    userRegistered: () => usersRegistered.add(1),
    userDeleted: () => usersDeleted.add(1),
    postCreated: (referenced: boolean) => postsCreated.add(1, { 'microposts.post.referenced': referenced }),
    postEdited: () => postsEdited.add(1),
    postsDeleted: (posts: number) => postsDeleted.add(posts),
    followCreated: () => followsCreated.add(1),
    followsDeleted: (follows: number) => followsDeleted.add(follows),
    timelineServed: (posts: number) => timelineSize.record(posts),
    streamOpened: () => streamClients.add(1),
    streamClosed: () => streamClients.add(-1),
    loggedIn: (outcome: (typeof loginOutcomes)[number]) =>
      logins.add(1, { 'microposts.login.outcome': outcome }),
    idempotencyReplayed: () => replayed.add(1),

    workerRestarted: () => restarts.add(1),

    /** Starts the exception counter of every route at 0. Called once, when the routes are known. */
    expectRoutes: (routes: readonly string[]) => {
      for (const route of routes)
        for (const type of exceptionTypes) exceptions.add(0, { 'error.type': type, 'http.route': route })
    },
    exceptionThrown: (error: unknown, route: string | undefined) =>
      exceptions.add(1, { 'error.type': exceptionType(error), ...(route && { 'http.route': route }) }),
  }
}

const options = (name: MetricName) => instrumentOptions(catalogue[name])

/** Starts a counter at 0 for each combination of its closed sets, so that `rate()` sees the first event. */
function counterFromZero(meter: Meter, name: MetricName): Counter {
  const counter = meter.createCounter(name, options(name))
  for (const attributes of combinations(Object.entries(catalogue[name].attributes)))
    counter.add(0, attributes)
  return counter
}

function combinations(sets: [string, AttributeValues][]): Attributes[] {
  const [first, ...rest] = sets
  if (!first) return [{}]
  const [key, values] = first
  if (typeof values === 'string') return []
  return values.flatMap((value) => combinations(rest).map((attributes) => ({ [key]: value, ...attributes })))
}

const poolAttributes = { 'db.client.connection.pool.name': 'microposts' }
const idleAttributes = { ...poolAttributes, 'db.client.connection.state': 'idle' }
const usedAttributes = { ...poolAttributes, 'db.client.connection.state': 'used' }

function observePool(meter: Meter, read: () => PoolReading) {
  const observable = (name: MetricName) => meter.createObservableUpDownCounter(name, options(name))
  const count = observable('db.client.connection.count')
  const max = observable('db.client.connection.max')
  const pending = observable('db.client.connection.pending_requests')
  meter.addBatchObservableCallback(
    (result) => {
      const reading = read()
      result.observe(count, reading.idle, idleAttributes)
      result.observe(count, reading.used, usedAttributes)
      result.observe(max, reading.max, poolAttributes)
      result.observe(pending, reading.pending, poolAttributes)
    },
    [count, max, pending],
  )
}

function observeMigrations(meter: Meter, read: () => MigrationsReading) {
  const gauge = (name: MetricName) => meter.createObservableGauge(name, options(name))
  const applied = gauge('microposts.migrations.applied')
  const unapplied = gauge('microposts.migrations.unapplied')
  meter.addBatchObservableCallback(
    (result) => {
      const reading = read()
      result.observe(applied, reading.applied)
      result.observe(unapplied, reading.unapplied)
    },
    [applied, unapplied],
  )
}

type ActiveRequests = { requests: number; attributes: Attributes }

/** Counts without the SDK and is read at collection, which costs a request less than two measurements. */
function countActiveRequests(meter: Meter) {
  const groups = new Map<string, ActiveRequests>()
  const active = meter.createObservableUpDownCounter(
    'http.server.active_requests',
    options('http.server.active_requests'),
  )
  meter.addBatchObservableCallback(
    (result) => {
      for (const { requests, attributes } of groups.values()) result.observe(active, requests, attributes)
    },
    [active],
  )
  const groupOf = (method: string, scheme: 'http' | 'https'): ActiveRequests => {
    const key = scheme + method
    const known = groups.get(key)
    if (known) return known
    const group = { requests: 0, attributes: { 'http.request.method': method, 'url.scheme': scheme } }
    groups.set(key, group)
    return group
  }
  return {
    started(method: string, scheme: 'http' | 'https'): ActiveRequests {
      const group = groupOf(knownMethod(method), scheme)
      group.requests++
      return group
    },
    ended(group: ActiveRequests) {
      group.requests--
    },
  }
}

function outcomeAttributes({ method, route, status }: RequestOutcome): Attributes {
  return {
    'http.request.method': knownMethod(method),
    'http.response.status_code': status,
    ...(route && { 'http.route': route }),
  }
}

function operationAttributes({ operation, collection, error }: DatabaseOperation): Attributes {
  return {
    'db.system.name': 'postgresql',
    'db.operation.name': operation,
    ...(collection && { 'db.collection.name': collection }),
    ...(error && { 'error.type': error }),
  }
}

const exceptionTypeSet: ReadonlySet<string> = new Set(exceptionTypes)

function exceptionType(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : '_OTHER'
  return exceptionTypeSet.has(name) ? name : '_OTHER'
}
