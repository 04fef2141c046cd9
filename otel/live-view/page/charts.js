// The lines of each chart.
import { bytes, count, percent, rate, seconds } from './page.js'
import { endpointOf, gauge, perSecond, statusClassOf, utilization } from './statistics.js'

/** @import { ChartStyle } from './plot.js' */
/** @import { Color, Durations, Labels, Line, Point, Quantiles, Rates, Sample } from './types.ts' */

/** @typedef {ChartStyle & { lines: (points: Point[], endpoint: string) => Line[] }} ChartDefinition */

/** @type {Record<number, Color>} */
const STATUS_COLORS = { 2: 'teal', 3: 'blue', 4: 'amber', 5: 'red' }
/** @type {[string, Color][]} */
const QUANTILES = [
  ['p50', 'teal'],
  ['p95', 'blue'],
  ['p99', 'violet'],
]
/** @type {Color[]} */
const TOP_COLORS = ['blue', 'teal', 'amber', 'violet', 'pink']

const requestsByEndpoint = createRateLines('requests', endpointOf)
const statementsByOperation = createRateLines('statements', ({ db_operation_name = '' }) => db_operation_name)

/**
 * By `data-chart` in the HTML. `endpoint` is the one chosen for the charts of requests, or '' for all.
 * @type {Record<string, ChartDefinition>}
 */
export const CHARTS = {
  requests: {
    format: rate,
    isStacked: true,
    lines: (points, endpoint) =>
      endpoint === '' ? requestsByEndpoint(points) : statusLines(points, endpoint, [2, 3, 4, 5]),
  },
  errors: { format: rate, lines: (points, endpoint) => statusLines(points, endpoint, [4, 5]) },
  durations: {
    format: seconds,
    lines: (points, endpoint) => quantileLines(points, ({ requests }) => requests.get(endpoint)),
  },
  statements: { format: rate, isStacked: true, lines: statementsByOperation },
  statementDurations: {
    format: seconds,
    lines: (points) => quantileLines(points, ({ statements }) => statements),
  },
  connections: {
    format: count,
    isInteger: true,
    lines: (points) => [
      line('used', 'blue', points, ({ gauges }) => gauge(gauges?.connections.filter(isUsed))),
      line('idle', 'teal', points, ({ gauges }) => gauge(gauges?.connections.filter(isIdle))),
      line('waiting', 'red', points, ({ gauges }) => gauge(gauges?.connectionQueue)),
      { ...line('limit', 'grey', points, ({ gauges }) => gauge(gauges?.connectionLimit)), dashed: true },
    ],
  },
  loopDelay: {
    format: seconds,
    lines: (points) => [line('p99', 'violet', points, ({ gauges }) => gauge(gauges?.loopDelay, Math.max))],
  },
  utilization: {
    format: percent,
    lines: (points) => [line('busy', 'blue', points, ({ rates }) => utilization(rates))],
  },
  memory: {
    format: bytes,
    lines: (points) => [
      line('resident', 'blue', points, ({ gauges }) => gauge(gauges?.memory)),
      line('heap in use', 'teal', points, ({ gauges }) => gauge(gauges?.heapUsed)),
    ],
  },
}

const isUsed = (/** @type {Sample} */ { labels }) => labels.db_client_connection_state === 'used'
const isIdle = (/** @type {Sample} */ { labels }) => labels.db_client_connection_state === 'idle'

/**
 * @param {string} label
 * @param {Color} color
 * @param {Point[]} points
 * @param {(point: Point) => number | undefined} select
 * @returns {Line}
 */
function line(label, color, points, select) {
  return { label, color, values: points.map((point) => select(point) ?? null) }
}

/**
 * @param {Point[]} points
 * @param {(durations: Durations) => Quantiles | undefined} select
 */
function quantileLines(points, select) {
  return QUANTILES.map(([label, color], index) =>
    line(label, color, points, ({ durations }) => durations && select(durations)?.[index]),
  )
}

/**
 * @param {Point[]} points
 * @param {string} endpoint
 * @param {number[]} statusClasses
 */
function statusLines(points, endpoint, statusClasses) {
  return statusClasses.map((statusClass) => {
    const filter = (/** @type {Labels} */ labels) =>
      statusClassOf(labels) === statusClass && (endpoint === '' || endpointOf(labels) === endpoint)
    const color = STATUS_COLORS[statusClass] ?? 'grey'
    return line(`${statusClass}xx`, color, points, ({ rates }) => perSecond(rates, 'requests', filter))
  })
}

/**
 * Draws the rates of a counter by a name derived from its labels: a line for each of the highest, and one for the sum of
 * the others. A name keeps its colour and position while it is among the highest.
 * @param {keyof Rates['samples']} counter
 * @param {(labels: Labels) => string} nameOf
 * @returns {(points: Point[]) => Line[]}
 */
export function createRateLines(counter, nameOf) {
  /** @type {(string | undefined)[]} */
  let slots = TOP_COLORS.map(() => undefined)

  return (points) => {
    /** @type {(label: string, color: Color, filter: (labels: Labels) => boolean) => Line} */
    const rateLine = (label, color, filter) =>
      line(label, color, points, ({ rates }) => perSecond(rates, counter, filter))
    const names = namesByIncrease(points, counter, nameOf)
    slots = assignSlots(slots, names.slice(0, slots.length))
    const lines = slots.flatMap((name, slot) =>
      name === undefined
        ? []
        : rateLine(name, TOP_COLORS[slot] ?? 'grey', (labels) => nameOf(labels) === name),
    )
    if (names.length === lines.length) return lines
    return [...lines, rateLine('others', 'grey', (labels) => !slots.includes(nameOf(labels)))]
  }
}

/**
 * @param {Point[]} points
 * @param {keyof Rates['samples']} counter
 * @param {(labels: Labels) => string} nameOf
 */
function namesByIncrease(points, counter, nameOf) {
  /** @type {Map<string, number>} */
  const increases = new Map()
  for (const { labels, value } of points.flatMap(({ rates }) => rates?.samples[counter] ?? [])) {
    const name = nameOf(labels)
    increases.set(name, (increases.get(name) ?? 0) + value)
  }
  return [...increases].sort(([, a], [, b]) => b - a).map(([name]) => name)
}

/**
 * Names that already have a slot keep it; new names fill the free slots.
 * @param {(string | undefined)[]} slots
 * @param {string[]} names at most as many as there are slots
 */
function assignSlots(slots, names) {
  const kept = slots.map((name) => (name !== undefined && names.includes(name) ? name : undefined))
  const added = names.filter((name) => !kept.includes(name))
  return kept.map((name) => name ?? added.shift())
}
