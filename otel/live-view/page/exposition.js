// Parses what `/metrics` returns, the Prometheus text format 0.0.4, into the samples that the view draws.

/** @import { Family, Labels, Sample, Scrape } from './types.ts' */

/** Counters, and the series of histograms that behave like counters. */
export const COUNTERS = {
  requests: 'http_server_request_duration_seconds_count',
  requestBuckets: 'http_server_request_duration_seconds_bucket',
  posts: 'microposts_post_created_total',
  statements: 'db_client_operation_duration_seconds_count',
  statementBuckets: 'db_client_operation_duration_seconds_bucket',
  loopTime: 'nodejs_eventloop_time_seconds_total',
}

export const GAUGES = {
  requestsInFlight: 'http_server_active_requests',
  connections: 'db_client_connection_count',
  connectionLimit: 'db_client_connection_max',
  connectionQueue: 'db_client_connection_pending_requests',
  // Each scrape resets it, so the view and Prometheus shorten each other's window.
  loopDelay: 'nodejs_eventloop_delay_p99_seconds',
  memory: 'process_memory_usage_bytes',
  heapUsed: 'v8js_memory_heap_used_bytes',
}

export const FAMILIES = { target: 'target_info', ...COUNTERS, ...GAUGES }

const DRAWN = new Set(Object.values(FAMILIES))

/**
 * Series of several processes are distinguished by their label `service_instance_id`. The series of a single process
 * lack it; `target_info` then identifies the process.
 * @param {string} text
 * @param {{ atMs: number, wallMs: number }} when
 * @returns {Scrape}
 */
export function parseScrape(text, when) {
  const byName = Map.groupBy(
    parseSamples(text, (name) => DRAWN.has(name)),
    ({ name }) => name,
  )
  const targets = (byName.get('target_info') ?? []).map(({ labels }) => labels.service_instance_id ?? '')
  const defaultProcess = targets.length === 1 ? targets[0] : undefined
  const processes = new Set(targets)

  /** @param {string} name */
  const samplesOf = (name) =>
    (byName.get(name) ?? []).map(({ labels, value }) => {
      const process = labels.service_instance_id ?? defaultProcess ?? ''
      processes.add(process)
      return { series: seriesOf(labels), process, labels, value }
    })
  const samples = /** @type {Record<Family, Sample[]>} */ (
    Object.fromEntries(Object.entries(FAMILIES).map(([family, name]) => [family, samplesOf(name)]))
  )
  return { ...when, processes, samples }
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/

/**
 * Yields the samples with the wanted names, in order. Skips all other lines.
 * @param {string} text
 * @param {(name: string) => boolean} isWanted
 * @returns {Generator<{ name: string, labels: Labels, value: number }>}
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function* parseSamples(text, isWanted) {
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || !isWanted(/^[\w:]*/.exec(line)?.[0] ?? '')) continue
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? []
    if (name !== undefined && value !== undefined) {
      yield { name, labels: labelsOf(labels), value: parseNumber(value) }
    }
  }
}

/**
 * Parses a value or the bound of a bucket: `0.25`, `1e+06`, `+Inf`, `NaN`.
 * @param {string} text
 */
export function parseNumber(text) {
  return text.endsWith('Inf') ? Number(`${text}inity`) : Number(text)
}

/** Limits the cache: every process that starts brings its own series. */
const MAX_CACHED_LABELS = 50_000

/** @type {Map<string, Labels>} */
const cachedLabels = new Map()

/**
 * Parses labels once per series: each scrape repeats the same hundreds of them.
 * @param {string} text the part of a sample between the braces
 */
function labelsOf(text) {
  if (cachedLabels.size > MAX_CACHED_LABELS) cachedLabels.clear()
  const labels = cachedLabels.get(text) ?? parseLabels(text)
  cachedLabels.set(text, labels)
  return labels
}

/** @param {string} text */
function parseLabels(text) {
  /** @type {Labels} */
  const labels = Object.create(null)
  for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character))
  }
  return labels
}

/**
 * Caches what a function derives from labels.
 * @param {(labels: Labels) => string} derive
 * @returns {(labels: Labels) => string}
 */
export function memoize(derive) {
  /** @type {WeakMap<Labels, string>} */
  const results = new WeakMap()
  return (labels) => {
    const result = results.get(labels) ?? derive(labels)
    results.set(labels, result)
    return result
  }
}

/** Identifies a series within its process, whatever the order of its labels. All buckets of a histogram share it. */
const seriesOf = memoize(({ le: _, service_instance_id: __, ...labels }) =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
)
