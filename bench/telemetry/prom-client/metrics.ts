// What src/metrics/instruments.ts is to a service written for prom-client: the same metrics by the same names, recorded without
// OpenTelemetry, and an endpoint for them.
import { collectDefaultMetrics } from 'prom-client'
import { catalogue, exceptionTypes } from '../../../src/metrics/catalogue.ts'
import type {
  Build,
  DatabaseOperation,
  Metrics,
  MigrationsReading,
  PoolReading,
  RequestOutcome,
  RequestProtocol,
} from '../../../src/metrics/instruments.ts'
import { serve } from './endpoint.ts'
import { counter, counterFromZero, gauge, histogram } from './instruments.ts'

export function createMetrics(build: Build): Metrics {
  collectDefaultMetrics()
  serve()

  const active = gauge('http.server.active_requests')
  const duration = histogram('http.server.request.duration')
  const requestBody = histogram('http.server.request.body.size')
  const responseBody = histogram('http.server.response.body.size')
  const operation = histogram('db.client.operation.duration')
  const timeouts = counterFromZero('db.client.connection.timeouts')
  const waitTime = histogram('db.client.connection.wait_time')
  const useTime = histogram('db.client.connection.use_time')
  const postsCreated = counterFromZero('microposts.post.created')
  const postsEdited = counterFromZero('microposts.post.edited')
  const postsDeleted = counterFromZero('microposts.post.deleted')
  const usersRegistered = counterFromZero('microposts.user.registered')
  const usersDeleted = counterFromZero('microposts.user.deleted')
  const followsCreated = counterFromZero('microposts.follow.created')
  const followsDeleted = counterFromZero('microposts.follow.deleted')
  const timelineSize = histogram('microposts.timeline.size')
  const streamClients = gauge('microposts.stream.clients')
  const logins = counterFromZero('microposts.login')
  const replayed = counterFromZero('microposts.idempotency.replayed')
  const rejected = counterFromZero('microposts.request.rejected')
  const restarts = counterFromZero('microposts.worker.restarted')
  const exceptions = counter('microposts.exception')
  gauge('microposts.build.info').set(
    {
      service_version: build.version,
      vcs_ref_head_revision: build.revision,
      process_runtime_version: build.runtime,
    },
    1,
  )

  return {
    requestStarted: (method, scheme) =>
      active.inc({ http_request_method: known(method), url_scheme: scheme }),
    requestEnded: (outcome, protocol, seconds) => {
      active.dec({ http_request_method: known(outcome.method), url_scheme: protocol.scheme })
      duration.observe(durationLabels(outcome, protocol), seconds)
    },
    requestBodyRead: (outcome, bytes) => requestBody.observe(exchangeLabels(outcome), bytes),
    responseBodySent: (outcome, bytes) => responseBody.observe(exchangeLabels(outcome), bytes),
    requestRejected: (reason) => rejected.inc({ microposts_rejection_reason: reason }),

    databaseOperated: (what, seconds) => operation.observe(operationLabels(what), seconds),
    connectionTimedOut: () => timeouts.inc(poolLabels),
    connectionWaited: (seconds) => waitTime.observe(poolLabels, seconds),
    connectionUsed: (seconds) => useTime.observe(poolLabels, seconds),
    observePool,
    observeMigrations,

    userRegistered: () => usersRegistered.inc(),
    userDeleted: () => usersDeleted.inc(),
    postCreated: (referenced) => postsCreated.inc({ microposts_post_referenced: String(referenced) }),
    postEdited: () => postsEdited.inc(),
    postsDeleted: (posts) => postsDeleted.inc(posts),
    followCreated: () => followsCreated.inc(),
    followsDeleted: (follows) => followsDeleted.inc(follows),
    timelineServed: (posts) => timelineSize.observe(posts),
    streamOpened: () => streamClients.inc(),
    streamClosed: () => streamClients.dec(),
    loggedIn: (outcome) => logins.inc({ microposts_login_outcome: outcome }),
    idempotencyReplayed: () => replayed.inc(),
    workerRestarted: () => restarts.inc(),

    expectRoutes: (routes) => {
      for (const http_route of routes)
        for (const error_type of exceptionTypes) exceptions.inc({ error_type, http_route }, 0)
    },
    exceptionThrown: (error, route) =>
      exceptions.inc({ error_type: exceptionType(error), ...(route && { http_route: route }) }),
  }
}

const poolLabels = { db_client_connection_pool_name: 'microposts' }

function observePool(read: () => PoolReading) {
  gauge('db.client.connection.count', (count) => {
    count.set({ ...poolLabels, db_client_connection_state: 'idle' }, read().idle)
    count.set({ ...poolLabels, db_client_connection_state: 'used' }, read().used)
  })
  gauge('db.client.connection.max', (max) => max.set(poolLabels, read().max))
  gauge('db.client.connection.pending_requests', (pending) => pending.set(poolLabels, read().pending))
}

function observeMigrations(read: () => MigrationsReading) {
  gauge('microposts.migrations.applied', (applied) => applied.set(read().applied))
  gauge('microposts.migrations.unapplied', (unapplied) => unapplied.set(read().unapplied))
}

const methods: ReadonlySet<string> = new Set(
  catalogue['http.server.active_requests'].attributes['http.request.method'],
)
const known = (method: string) => (methods.has(method) ? method : '_OTHER')

function exchangeLabels({ method, route, status }: RequestOutcome) {
  return {
    http_request_method: known(method),
    http_response_status_code: status,
    ...(route && { http_route: route }),
  }
}

function durationLabels(outcome: RequestOutcome, { scheme, version }: RequestProtocol) {
  return {
    ...exchangeLabels(outcome),
    url_scheme: scheme,
    network_protocol_version: version,
    ...(outcome.status >= 500 && { error_type: outcome.status }),
  }
}

function operationLabels({ operation, collection, error }: DatabaseOperation) {
  return {
    db_system_name: 'postgresql',
    db_operation_name: operation,
    ...(collection && { db_collection_name: collection }),
    ...(error && { error_type: error }),
  }
}

const exceptionTypeSet: ReadonlySet<string> = new Set(exceptionTypes)

function exceptionType(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : '_OTHER'
  return exceptionTypeSet.has(name) ? name : '_OTHER'
}
