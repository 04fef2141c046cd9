// Every metric that the service records, under the scope `microposts`. The instruments, the tables of
// docs/metrics.md and the check of the rules and dashboards all read it. otel/catalogue.ts declares the others.
//
// Every attribute has a closed set of values, so clients cannot raise the number of series.
import { httpMethods } from '../../lib/http-attributes.ts'
import type { Metric } from '../../lib/metric.ts'

/** The kinds of statement that the database layer distinguishes; any other is `_OTHER`. */
export const databaseOperations = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  '_OTHER',
] as const

/** The tables of the data model. A statement without a table, such as COMMIT, has no collection. */
export const databaseCollections = [
  'User',
  'Session',
  'Post',
  'Follow',
  'IdempotencyKey',
  'RateLimit',
] as const

/** SQLSTATE classes (PostgreSQL, appendix A) that an operator can act on, `timeout`, and `_OTHER`. */
export const databaseErrors = [
  '08',
  '22',
  '23',
  '25',
  '40',
  '42',
  '53',
  '55',
  '57',
  '58',
  'timeout',
  '_OTHER',
] as const

/** Classes of the errors that can cause a 5xx response. */
export const exceptionTypes = [
  'PrismaClientKnownRequestError',
  'PrismaClientUnknownRequestError',
  'PrismaClientInitializationError',
  'PrismaClientValidationError',
  'DatabaseError',
  'DriverAdapterError',
  'TypeError',
  'RangeError',
  'Error',
  '_OTHER',
] as const

export const loginOutcomes = ['success', 'wrong_credentials', 'limited'] as const
export const rejectionReasons = ['rate_limit', 'overload', 'body_size', 'malformed'] as const

const requestAttributes = {
  'http.request.method': httpMethods,
  'http.route': 'routes',
  'http.response.status_code': 'statuses',
} as const
const pool = { 'db.client.connection.pool.name': ['microposts'] } as const
const none = {} as const
const sizes = [0, 64, 256, 1024, 4096, 16_384, 65_536, 262_144]
const poolSeconds = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

export const catalogue = {
  'http.server.active_requests': {
    kind: 'updowncounter',
    unit: '{request}',
    description: 'Requests in progress.',
    attributes: { 'http.request.method': httpMethods, 'url.scheme': ['http', 'https'] },
  },
  'http.server.request.body.size': {
    kind: 'histogram',
    unit: 'By',
    description: 'Size of request bodies; a request without a body records nothing.',
    attributes: requestAttributes,
    boundaries: sizes,
  },
  'http.server.response.body.size': {
    kind: 'histogram',
    unit: 'By',
    description: 'Size of response bodies as sent; a response without a body records nothing.',
    attributes: requestAttributes,
    boundaries: sizes,
  },
  'db.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time that the service waited for a database statement.',
    attributes: {
      'db.system.name': ['postgresql'],
      'db.operation.name': databaseOperations,
      'db.collection.name': databaseCollections,
      'error.type': databaseErrors,
    },
    optional: ['db.collection.name', 'error.type'],
    boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
  },
  'db.client.connection.count': {
    kind: 'updowncounter',
    unit: '{connection}',
    description: 'Connections of the pool, by state.',
    attributes: { ...pool, 'db.client.connection.state': ['idle', 'used'] },
  },
  'db.client.connection.max': {
    kind: 'updowncounter',
    unit: '{connection}',
    description: 'Maximum number of connections of the pool.',
    attributes: pool,
  },
  'db.client.connection.pending_requests': {
    kind: 'updowncounter',
    unit: '{request}',
    description: 'Requests waiting for a connection.',
    attributes: pool,
  },
  'db.client.connection.timeouts': {
    kind: 'counter',
    unit: '{timeout}',
    description: 'Requests for a connection that timed out.',
    attributes: pool,
  },
  'db.client.connection.wait_time': {
    kind: 'histogram',
    unit: 's',
    description: 'Time that a request waited for a connection.',
    attributes: pool,
    boundaries: poolSeconds,
  },
  'db.client.connection.use_time': {
    kind: 'histogram',
    unit: 's',
    description: 'Time between borrowing a connection and returning it to the pool.',
    attributes: pool,
    boundaries: poolSeconds,
  },
  'microposts.post.created': {
    kind: 'counter',
    unit: '{post}',
    description: 'Posts created, counted after the commit.',
    attributes: { 'microposts.post.referenced': [true, false] },
  },
  'microposts.post.edited': {
    kind: 'counter',
    unit: '{post}',
    description: 'Edits that changed a post.',
    attributes: none,
  },
  'microposts.post.deleted': {
    kind: 'counter',
    unit: '{post}',
    description: 'Posts deleted, including those deleted together with their author.',
    attributes: none,
  },
  'microposts.user.registered': {
    kind: 'counter',
    unit: '{user}',
    description: 'Users registered.',
    attributes: none,
  },
  'microposts.user.deleted': {
    kind: 'counter',
    unit: '{user}',
    description: 'Users deleted.',
    attributes: none,
  },
  'microposts.login': {
    kind: 'counter',
    unit: '{login}',
    description: 'Login attempts, by outcome.',
    attributes: { 'microposts.login.outcome': loginOutcomes },
  },
  'microposts.follow.created': {
    kind: 'counter',
    unit: '{follow}',
    description: 'Follows created, counted after the commit.',
    attributes: none,
  },
  'microposts.follow.deleted': {
    kind: 'counter',
    unit: '{follow}',
    description: 'Follows deleted, including those deleted together with a user.',
    attributes: none,
  },
  'microposts.timeline.size': {
    kind: 'histogram',
    unit: '{post}',
    description: 'Posts per page of a timeline.',
    attributes: none,
    boundaries: [0, 1, 5, 10, 20, 50, 100],
  },
  'microposts.stream.clients': {
    kind: 'updowncounter',
    unit: '{client}',
    description: 'Clients connected to a timeline stream.',
    attributes: none,
  },
  'microposts.request.rejected': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests rejected before their handler ran, by reason.',
    attributes: { 'microposts.rejection.reason': rejectionReasons },
  },
  'microposts.idempotency.replayed': {
    kind: 'counter',
    unit: '{replay}',
    description: 'Requests answered with the stored response to their Idempotency-Key.',
    attributes: none,
  },
  'microposts.exception': {
    kind: 'counter',
    unit: '{exception}',
    description: 'Errors that caused a 5xx response, by type and route.',
    attributes: { 'error.type': exceptionTypes, 'http.route': 'routes' },
  },
  'microposts.worker.restarted': {
    kind: 'counter',
    unit: '{worker}',
    description: 'Workers that died and were replaced.',
    attributes: none,
  },
  'microposts.migrations.applied': {
    kind: 'gauge',
    unit: '{migration}',
    description: 'Migrations applied to the database.',
    attributes: none,
  },
  'microposts.migrations.unapplied': {
    kind: 'gauge',
    unit: '{migration}',
    description: 'Migrations not yet applied to the database.',
    attributes: none,
  },
  'microposts.build.info': {
    kind: 'gauge',
    // An annotation, because the unit 1 would make it a ratio in Prometheus.
    unit: '{build}',
    description: 'Always 1; the attributes identify the running build.',
    // Each has a single value per process.
    attributes: { 'service.version': [], 'vcs.ref.head.revision': [], 'process.runtime.version': [] },
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof catalogue
