// The table of endpoints, and the menu that chooses an endpoint for the charts of requests.
import { count, percent, rate, seconds } from './page.js'
import {
  durationsOf,
  endpointOf,
  methodOf,
  perSecond,
  routeOf,
  share,
  statusClassOf,
  total,
} from './statistics.js'

/** @import { Increase, Labels, Sample, Scrape } from './types.ts' */
/** @typedef {ReturnType<typeof rowsOf>[number]} Row */

/** Text and CSS class of each cell, in the order of the columns. */
const CELLS = /** @type {((row: Row) => [text: string, className?: string])[]} */ ([
  ({ perSecond }) => [rate(perSecond)],
  ({ clientErrors }) => [percent(clientErrors), clientErrors ? 'warning' : ''],
  ({ serverErrors }) => [percent(serverErrors), serverErrors ? 'failure' : ''],
  ({ quantiles: [p50] }) => [seconds(p50)],
  ({ quantiles: [, p95] }) => [seconds(p95)],
  ({ quantiles: [, , p99] }) => [seconds(p99)],
  ({ total }) => [count(total)],
])

/**
 * Returns the function that fills the table. It reuses the elements of rows, so that selected text stays selected.
 * @param {HTMLTableSectionElement} body
 * @param {(endpoint: string) => void} onChoose called when the name of an endpoint is pressed
 */
export function createTable(body, onChoose) {
  /** @type {Map<string, HTMLTableRowElement>} */
  const elements = new Map()

  return (/** @type {Scrape} */ scrape, /** @type {Increase | undefined} */ increase) => {
    const rows = rowsOf(scrape.samples.requests, increase).map((row) => {
      const element = elements.get(row.endpoint) ?? createRow(row, onChoose)
      elements.set(row.endpoint, element)
      fill(element, row)
      return element
    })
    const isCurrent = rows.length === body.rows.length && rows.every((row, index) => row === body.rows[index])
    if (isCurrent || rows.length === 0) return
    const focused = document.activeElement
    body.replaceChildren(...rows)
    // Moving an element removes its focus.
    if (focused instanceof HTMLElement && body.contains(focused)) focused.focus({ preventScroll: true })
  }
}

/**
 * The busiest endpoint first. Everything covers the given increase, except `total`, which covers all time since the
 * processes started.
 * @param {Sample[]} requests of the last scrape
 * @param {Increase | undefined} increase
 */
export function rowsOf(requests, increase) {
  const endpoints = Map.groupBy(requests, ({ labels }) => endpointOf(labels))
  const durations = increase && durationsOf(increase)
  const rows = Array.from(endpoints, ([endpoint, samples]) => {
    const labels = samples[0]?.labels ?? {}
    const isOwn = (/** @type {Labels} */ other) => endpointOf(other) === endpoint
    return {
      endpoint,
      method: methodOf(labels),
      route: routeOf(labels),
      perSecond: perSecond(increase, 'requests', isOwn),
      clientErrors: share(increase, 'requests', (labels) => statusClassOf(labels) === 4, isOwn),
      serverErrors: share(increase, 'requests', (labels) => statusClassOf(labels) === 5, isOwn),
      quantiles: durations?.requests.get(endpoint) ?? [],
      total: total(samples),
    }
  })
  return rows.sort((a, b) => (b.perSecond ?? 0) - (a.perSecond ?? 0) || b.total - a.total)
}

/**
 * @param {Row} row
 * @param {(endpoint: string) => void} onChoose
 */
function createRow({ endpoint, method, route }, onChoose) {
  const row = document.createElement('tr')
  const heading = document.createElement('th')
  heading.scope = 'row'
  const button = document.createElement('button')
  button.type = 'button'
  button.addEventListener('click', () => onChoose(endpoint))
  const methodText = document.createElement('span')
  methodText.className = 'method'
  methodText.textContent = method
  button.append(methodText, ' ', route)
  heading.append(button)
  row.append(heading, ...CELLS.map(() => document.createElement('td')))
  return row
}

/**
 * @param {HTMLTableRowElement} element
 * @param {Row} row
 */
function fill(element, row) {
  for (const [index, describe] of CELLS.entries()) {
    const cell = element.cells[index + 1]
    const [text, className = ''] = describe(row)
    if (!cell || cell.textContent === text) continue
    cell.textContent = text
    cell.className = className
  }
}

/**
 * @param {HTMLSelectElement} select with one option, '' for all endpoints
 * @param {() => void} onChange
 */
export function createEndpointMenu(select, onChange) {
  /** @type {Set<string>} */
  const known = new Set()
  select.addEventListener('change', onChange)

  return {
    /** '' for all endpoints. */
    chosen: () => select.value,

    /** @param {string} endpoint which is in the menu */
    choose(endpoint) {
      select.value = endpoint
      onChange()
      select.focus()
    },

    /**
     * Adds the endpoints of a scrape that the menu lacks, in alphabetical order.
     * @param {Scrape} scrape
     */
    update({ samples }) {
      const endpoints = new Set(samples.requests.map(({ labels }) => endpointOf(labels)))
      for (const endpoint of [...endpoints].filter((endpoint) => !known.has(endpoint)).sort()) {
        known.add(endpoint)
        const next = [...select.options].find(({ value }) => value > endpoint)
        select.add(new Option(endpoint, endpoint), next ?? null)
      }
    },
  }
}
