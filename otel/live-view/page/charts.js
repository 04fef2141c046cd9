// What each chart draws.
import { bytes, count, percent, rate, seconds } from './format.js'
import { line, quantileLines, rateOf } from './lines.js'
import { gauge, utilization } from './measures.js'
import { createRateLines } from './rate-lines.js'
import { endpointOf, statusClassOf } from './requests.js'

/** @import { Look } from './plot.js' */
/** @import { Color, Labels, Line, Moment, Sample } from './types.ts' */

/** @typedef {Look & { lines: (moments: Moment[], endpoint: string) => Line[] }} Definition */

/** @type {Record<number, Color>} */
const STATUS_COLORS = { 2: 'teal', 3: 'blue', 4: 'amber', 5: 'red' }

const byEndpoint = createRateLines('requests', endpointOf)
const byOperation = createRateLines('statements', ({ db_operation_name }) => db_operation_name ?? '')

/**
 * By the `data-chart` of their places on the page. `endpoint` is the one that requests are shown of; all when it is ''.
 * @type {Record<string, Definition>}
 */
export const CHARTS = {
  requests: {
    format: rate,
    isStacked: true,
    lines: (moments, endpoint) =>
      endpoint === '' ? byEndpoint(moments) : statusLines(moments, endpoint, [2, 3, 4, 5]),
  },
  errors: { format: rate, lines: (moments, endpoint) => statusLines(moments, endpoint, [4, 5]) },
  durations: {
    format: seconds,
    lines: (moments, endpoint) => quantileLines(moments, ({ requests }) => requests.get(endpoint)),
  },
  statements: { format: rate, isStacked: true, lines: (moments) => byOperation(moments) },
  statementDurations: {
    format: seconds,
    lines: (moments) => quantileLines(moments, ({ statements }) => statements),
  },
  connections: {
    format: count,
    isWhole: true,
    lines: (moments) => [
      line('used', 'blue', moments, ({ gauges }) => gauge(gauges?.connections.filter(isUsed))),
      line('idle', 'teal', moments, ({ gauges }) => gauge(gauges?.connections.filter(isIdle))),
      line('waiting', 'red', moments, ({ gauges }) => gauge(gauges?.connectionQueue)),
      { ...line('limit', 'grey', moments, ({ gauges }) => gauge(gauges?.connectionLimit)), dashed: true },
    ],
  },
  loopDelay: {
    format: seconds,
    lines: (moments) => [line('p99', 'violet', moments, ({ gauges }) => gauge(gauges?.loopDelay, Math.max))],
  },
  utilization: {
    format: percent,
    lines: (moments) => [line('busy', 'blue', moments, ({ rates }) => utilization(rates))],
  },
  memory: {
    format: bytes,
    lines: (moments) => [
      line('resident', 'blue', moments, ({ gauges }) => gauge(gauges?.memory)),
      line('heap in use', 'teal', moments, ({ gauges }) => gauge(gauges?.heapUsed)),
    ],
  },
}

/**
 * @param {Moment[]} moments
 * @param {string} endpoint
 * @param {number[]} classes
 */
function statusLines(moments, endpoint, classes) {
  return classes.map((digit) => {
    const fits = (/** @type {Labels} */ labels) => isOf(endpoint, labels) && statusClassOf(labels) === digit
    return line(`${digit}xx`, STATUS_COLORS[digit] ?? 'grey', moments, rateOf('requests', fits))
  })
}

/**
 * @param {string} endpoint
 * @param {Labels} labels
 */
function isOf(endpoint, labels) {
  return endpoint === '' || endpointOf(labels) === endpoint
}

const isUsed = (/** @type {Sample} */ { labels }) => labels.db_client_connection_state === 'used'
const isIdle = (/** @type {Sample} */ { labels }) => labels.db_client_connection_state === 'idle'
