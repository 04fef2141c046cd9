// Which metrics the view draws, and what it makes of a page.
import { samplesOf } from './exposition.js'
import { remembered } from './labels.js'

/** @import { Family, Sample, Scrape } from './types.ts' */

/** The samples of a page by the view's own words. */
export const COUNTERS = {
  requests: 'http_server_request_duration_seconds_count',
  requestBuckets: 'http_server_request_duration_seconds_bucket',
  posts: 'microposts_post_created_total',
  statements: 'db_client_operation_duration_seconds_count',
  statementBuckets: 'db_client_operation_duration_seconds_bucket',
  loopTime: 'nodejs_eventloop_time_seconds_total',
}

/** The same for what goes up and down. */
export const GAUGES = {
  requestsInFlight: 'http_server_active_requests',
  connections: 'db_client_connection_count',
  connectionLimit: 'db_client_connection_max',
  connectionQueue: 'db_client_connection_pending_requests',
  // Of the time since anyone's last scrape: the view and Prometheus share it.
  loopDelay: 'nodejs_eventloop_delay_p99_seconds',
  memory: 'process_memory_usage_bytes',
  heapUsed: 'v8js_memory_heap_used_bytes',
}

export const FAMILIES = { target: 'target_info', ...COUNTERS, ...GAUGES }

const WANTED = new Set(Object.values(FAMILIES))

/**
 * Reads a page. Its processes are told apart by `service_instance_id`: of each series where the page shows several,
 * else of `target_info`.
 * @param {string} page
 * @param {{ atMs: number, wallMs: number }} when
 * @returns {Scrape}
 */
export function readScrape(page, when) {
  const byName = Map.groupBy(
    samplesOf(page, (name) => WANTED.has(name)),
    ({ name }) => name,
  )
  const targets = (byName.get('target_info') ?? []).map(({ labels }) => labels.service_instance_id ?? '')
  const only = targets.length === 1 ? targets[0] : undefined
  const processes = new Set(targets)

  /** @param {string} name */
  const samplesUnder = (name) =>
    (byName.get(name) ?? []).map(({ labels, value }) => {
      const process = labels.service_instance_id ?? only ?? ''
      processes.add(process)
      return { series: seriesOf(labels), process, labels, value }
    })
  const samples = /** @type {Record<Family, Sample[]>} */ (
    Object.fromEntries(Object.entries(FAMILIES).map(([family, name]) => [family, samplesUnder(name)]))
  )
  return { ...when, processes, samples }
}

/** The same for the same labels in whichever order, of whichever process, and for all buckets of a histogram. */
const seriesOf = remembered(({ le: _, service_instance_id: __, ...labels }) =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
)
