// Every metric that otel/ records about the process and the pull endpoint. src/metrics/catalogue.ts declares the
// service's own.
import { httpMethods } from '../lib/http-attributes.ts'
import type { Metric } from '../lib/metric.ts'

const none = {} as const

/** Recorded by otel/ itself, under the scope `microposts`. */
export const telemetryMetrics = {
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
  'microposts.scrape.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Time from the arrival of a scrape until its exposition was written.',
    attributes: none,
    boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  'microposts.scrape.size': {
    kind: 'gauge',
    unit: 'By',
    description: 'Size of the last exposition, before compression.',
    attributes: none,
  },
  'microposts.scrape.failures': {
    kind: 'counter',
    unit: '',
    description: 'Scrapes answered with 503 because the collection failed or timed out.',
    attributes: none,
  },
} as const satisfies Record<string, Metric>

/** The heap spaces of V8 in Node 24 (`v8.getHeapSpaceStatistics`). */
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

/** The names that `process.getActiveResourcesInfo` can return in Node 24: handles, system requests, timers. */
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

const seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

const eventLoopDelay = (statistic: string): Metric => ({
  kind: 'gauge',
  unit: 's',
  description: `Event loop ${statistic} delay.`,
  attributes: none,
})
const heapSpaceBytes = (description: string): Metric => ({
  kind: 'updowncounter',
  unit: 'By',
  description,
  attributes: { 'v8js.heap.space.name': heapSpaces },
})

export const requestDuration: Metric = {
  kind: 'histogram',
  unit: 's',
  description: 'Duration of HTTP server requests.',
  attributes: {
    'http.request.method': httpMethods,
    'http.route': 'routes',
    'http.response.status_code': 'statuses',
    'url.scheme': ['http', 'https'],
    'network.protocol.version': ['1.0', '1.1'],
    'error.type': 'server errors',
  },
  boundaries: seconds,
}

/**
 * Recorded by instrumentation-http and instrumentation-runtime-node, which create these instruments themselves. Declared
 * here only to be documented and checked against a live scrape, so the descriptions are the packages'.
 */
export const instrumentationMetrics: Readonly<Record<string, Metric>> = {
  'http.server.request.duration': requestDuration,
  'nodejs.eventloop.utilization': {
    kind: 'gauge',
    unit: '1',
    description: 'Event loop utilization',
    attributes: none,
  },
  'nodejs.eventloop.time': {
    kind: 'counter',
    unit: 's',
    description: 'Cumulative duration of time the event loop has been in each state.',
    attributes: { 'nodejs.eventloop.state': ['active', 'idle'] },
  },
  'nodejs.eventloop.delay.min': eventLoopDelay('minimum'),
  'nodejs.eventloop.delay.max': eventLoopDelay('maximum'),
  'nodejs.eventloop.delay.mean': eventLoopDelay('mean'),
  'nodejs.eventloop.delay.stddev': eventLoopDelay('standard deviation'),
  'nodejs.eventloop.delay.p50': eventLoopDelay('50 percentile'),
  'nodejs.eventloop.delay.p90': eventLoopDelay('90 percentile'),
  'nodejs.eventloop.delay.p99': eventLoopDelay('99 percentile'),
  'v8js.gc.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    attributes: { 'v8js.gc.type': ['major', 'minor', 'incremental', 'weakcb'] },
    boundaries: seconds,
  },
  'v8js.memory.heap.used': heapSpaceBytes('Heap Memory size allocated.'),
  'v8js.memory.heap.space.size': heapSpaceBytes('Total heap memory size pre-allocated for a heap space.'),
  'v8js.memory.heap.space.available_size': heapSpaceBytes('Heap space available size.'),
  'v8js.memory.heap.space.physical_size': heapSpaceBytes('Committed size of a heap space.'),
  'v8js.resource.active': {
    kind: 'updowncounter',
    unit: '{resource}',
    description: 'Count of the active resources that are currently keeping the event loop alive.',
    attributes: { 'v8js.resource.type': resources },
  },
}

/** Everything that otel/ adds to the service's metrics. */
export const telemetryCatalogue: Readonly<Record<string, Metric>> = {
  ...telemetryMetrics,
  ...instrumentationMetrics,
}
