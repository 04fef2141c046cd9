// Every metric that the service exposes: the one source of the instruments in metrics.ts, of the table in
// docs/metrics.md and of the names that rules and dashboards may use.
//
// Every attribute has a closed set of values, so the number of series has a ceiling that no client can move.

export const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'QUERY',
  '_OTHER',
] as const

/** The name of a set stands for those that follow from the declarations of the endpoints. */
export type AttributeValues = readonly (string | boolean)[] | 'routes' | 'statuses' | 'server errors'

export type Metric = {
  kind: 'counter' | 'updowncounter' | 'histogram' | 'gauge'
  /** UCUM, as the OpenTelemetry specification asks; annotations in braces. */
  unit: string
  description: string
  attributes: Readonly<Record<string, AttributeValues>>
  /** Those of the attributes that a series may lack. */
  optional?: readonly string[]
  /** Upper bounds of a histogram's buckets, in its unit. */
  boundaries?: number[]
}

/** Statements that the database layer tells apart; any other is `_OTHER`. */
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

/** Tables of the data model; a statement on none of them (COMMIT, say) has no collection. */
export const databaseCollections = [
  'User',
  'Session',
  'Post',
  'Follow',
  'IdempotencyKey',
  'RateLimit',
] as const

/** SQLSTATE classes (PostgreSQL, appendix A) that an operator can act on, and what has none. */
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

/** Classes of the errors that can become a 5xx. */
export const exceptionTypes = [
  'PrismaClientKnownRequestError',
  'PrismaClientUnknownRequestError',
  'PrismaClientInitializationError',
  'PrismaClientValidationError',
  'TypeError',
  'RangeError',
  'Error',
  '_OTHER',
] as const

export const loginOutcomes = ['success', 'wrong_credentials', 'limited'] as const
export const rejectionReasons = ['rate_limit', 'overload', 'body_size', 'malformed'] as const

const requestAttributes = {
  'http.request.method': methods,
  'http.route': 'routes',
  'http.response.status_code': 'statuses',
} as const
const pool = { 'db.client.connection.pool.name': ['microposts'] } as const
const none = {} as const
const sizes = [0, 64, 256, 1024, 4096, 16_384, 65_536, 262_144]
const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const poolSeconds = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]

/** Recorded by the service itself, under the scope `microposts`. */
export const catalogue = {
  'http.server.request.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Duration of requests until their response is sent, or given up (status 499).',
    attributes: {
      ...requestAttributes,
      'url.scheme': ['http', 'https'],
      'network.protocol.version': ['1.0', '1.1'],
      'error.type': 'server errors',
    },
    boundaries: requestSeconds,
  },
  'http.server.active_requests': {
    kind: 'updowncounter',
    unit: '{request}',
    description: 'Requests that are being answered.',
    attributes: { 'http.request.method': methods, 'url.scheme': ['http', 'https'] },
  },
  'http.server.request.body.size': {
    kind: 'histogram',
    unit: 'By',
    description: 'Size of request bodies; a request without one records nothing.',
    attributes: requestAttributes,
    boundaries: sizes,
  },
  'http.server.response.body.size': {
    kind: 'histogram',
    unit: 'By',
    description: 'Size of response bodies as sent; a response without one records nothing.',
    attributes: requestAttributes,
    boundaries: sizes,
  },
  'db.client.operation.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Duration of database statements, as the service waits for them.',
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
    description: 'Connections of the pool by state.',
    attributes: { ...pool, 'db.client.connection.state': ['idle', 'used'] },
  },
  'db.client.connection.max': {
    kind: 'updowncounter',
    unit: '{connection}',
    description: 'The most connections that the pool may open.',
    attributes: pool,
  },
  'db.client.connection.pending_requests': {
    kind: 'updowncounter',
    unit: '{request}',
    description: 'Requests that wait for a connection.',
    attributes: pool,
  },
  'db.client.connection.timeouts': {
    kind: 'counter',
    unit: '{timeout}',
    description: 'Requests for a connection that got none in time.',
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
    description: 'Time that a connection was out of the pool.',
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
    description: 'Posts deleted, those that went with their author among them.',
    attributes: none,
  },
  'microposts.user.registered': {
    kind: 'counter',
    unit: '{user}',
    description: 'Users signed up.',
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
    description: 'Attempts to log in by outcome.',
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
    description: 'Follows deleted, those that went with a user among them.',
    attributes: none,
  },
  'microposts.timeline.size': {
    kind: 'histogram',
    unit: '{post}',
    description: 'Posts on a page of a timeline.',
    attributes: none,
    boundaries: [0, 1, 5, 10, 20, 50, 100],
  },
  'microposts.stream.clients': {
    kind: 'updowncounter',
    unit: '{client}',
    description: 'Clients that hear of new posts as they come.',
    attributes: none,
  },
  'microposts.request.rejected': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests refused before their handler, by reason.',
    attributes: { 'microposts.rejection.reason': rejectionReasons },
  },
  'microposts.idempotency.replayed': {
    kind: 'counter',
    unit: '{replay}',
    description: 'Requests answered with the first answer to their Idempotency-Key.',
    attributes: none,
  },
  'microposts.exception': {
    kind: 'counter',
    unit: '{exception}',
    description: 'Errors that became a 5xx, by type and route.',
    attributes: { 'error.type': exceptionTypes, 'http.route': 'routes' },
  },
  'microposts.worker.restarted': {
    kind: 'counter',
    unit: '{worker}',
    description: 'Workers that died and were replaced, where there are several.',
    attributes: none,
  },
  'microposts.migrations.applied': {
    kind: 'gauge',
    unit: '{migration}',
    description: 'Migrations that the database has.',
    attributes: none,
  },
  'microposts.migrations.unapplied': {
    kind: 'gauge',
    unit: '{migration}',
    description: 'Migrations that the database lacks.',
    attributes: none,
  },
  'microposts.build.info': {
    kind: 'gauge',
    // An annotation, not '1': that would make it a ratio in Prometheus.
    unit: '{build}',
    description: 'Always 1; its attributes say what runs.',
    // One value each per process: what the build and the runtime say of themselves.
    attributes: { 'service.version': [], 'vcs.ref.head.revision': [], 'process.runtime.version': [] },
  },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof catalogue

/** V8's in Node 24 (`v8.getHeapSpaceStatistics`). */
const heapSpaces = [
  'read_only_space',
  'new_space',
  'old_space',
  'code_space',
  'shared_space',
  'trusted_space',
  'shared_trusted_space',
  'new_large_object_space',
  'large_object_space',
  'code_large_object_space',
  'shared_large_object_space',
  'shared_trusted_large_object_space',
  'trusted_large_object_space',
]

/** What `process.getActiveResourcesInfo` of Node 24 can name: its handles, its requests to the system, its timers. */
const resources = [
  'FSEventWrap',
  'MessagePort',
  'PipeWrap',
  'ProcessWrap',
  'SignalWrap',
  'StatWatcher',
  'TCPServerWrap',
  'TCPSocketWrap',
  'TTYWrap',
  'UDPWrap',
  'CloseReq',
  'ConnectWrap',
  'FileHandleReadWrap',
  'FSReqCallback',
  'FSReqPromise',
  'GetAddrInfoReqWrap',
  'GetNameInfoReqWrap',
  'SendWrap',
  'SimpleShutdownWrap',
  'SimpleWriteWrap',
  'Immediate',
  'Timeout',
]

const heapSpace = { 'v8js.heap.space.name': heapSpaces }
const eventLoopDelay = (which: string): Metric => ({
  kind: 'gauge',
  unit: 's',
  description: `Event-loop delay since the last collection, ${which}.`,
  attributes: none,
})
const heapSpaceBytes = (description: string): Metric => ({
  kind: 'updowncounter',
  unit: 'By',
  description,
  attributes: heapSpace,
})

/** Recorded around the service, by otel/. Here to be documented and checked. */
export const recordedByTelemetry: Readonly<Record<string, Metric>> = {
  'process.cpu.time': {
    kind: 'counter',
    unit: 's',
    description: 'CPU time of the process.',
    attributes: { 'cpu.mode': ['user', 'system'] },
  },
  'process.memory.usage': {
    kind: 'updowncounter',
    unit: 'By',
    description: 'Resident memory of the process.',
    attributes: none,
  },
  'process.uptime': {
    kind: 'gauge',
    unit: 's',
    description: 'Time since the process started.',
    attributes: none,
  },
  'nodejs.eventloop.utilization': {
    kind: 'gauge',
    unit: '1',
    description: 'Share of time in which the event loop was busy since the last collection.',
    attributes: none,
  },
  'nodejs.eventloop.time': {
    kind: 'counter',
    unit: 's',
    description: 'Time that the event loop was in each state.',
    attributes: { 'nodejs.eventloop.state': ['active', 'idle'] },
  },
  'nodejs.eventloop.delay.min': eventLoopDelay('the least'),
  'nodejs.eventloop.delay.max': eventLoopDelay('the most'),
  'nodejs.eventloop.delay.mean': eventLoopDelay('its mean'),
  'nodejs.eventloop.delay.stddev': eventLoopDelay('its standard deviation'),
  'nodejs.eventloop.delay.p50': eventLoopDelay('its median'),
  'nodejs.eventloop.delay.p90': eventLoopDelay('its 90th percentile'),
  'nodejs.eventloop.delay.p99': eventLoopDelay('its 99th percentile'),
  'v8js.gc.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Duration of garbage collections.',
    attributes: { 'v8js.gc.type': ['major', 'minor', 'incremental', 'weakcb'] },
    boundaries: requestSeconds,
  },
  'v8js.memory.heap.used': heapSpaceBytes('Heap memory in use.'),
  'v8js.memory.heap.space.size': heapSpaceBytes('Heap memory allocated beforehand.'),
  'v8js.memory.heap.space.available_size': heapSpaceBytes('Heap memory available.'),
  'v8js.memory.heap.space.physical_size': heapSpaceBytes('Heap memory committed.'),
  'v8js.resource.active': {
    kind: 'updowncounter',
    unit: '{resource}',
    description: 'Resources that keep the event loop alive.',
    attributes: { 'v8js.resource.type': resources },
  },
  'microposts.scrape.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time from the arrival of a scrape until its page was written.',
    attributes: none,
    boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  'microposts.scrape.size': {
    kind: 'gauge',
    unit: 'By',
    description: 'Size of the last page that was scraped, before compression.',
    attributes: none,
  },
  'microposts.scrape.failures': {
    kind: 'counter',
    unit: '',
    description: 'Scrapes answered with 503, because a collection failed or took too long.',
    attributes: none,
  },
}
