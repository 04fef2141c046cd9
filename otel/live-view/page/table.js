// The table of routes.
import { count, percent, rate, seconds } from './format.js'
import { rowsOf } from './rows.js'

/** @import { Growth, Scrape } from './types.ts' */
/** @typedef {ReturnType<typeof rowsOf>[number]} Row */

/** By column, in the order of the page's heads: what a cell says, and whether that is bad. */
const CELLS = /** @type {((row: Row) => [text: string, mark?: string])[]} */ ([
  ({ perSecond }) => [rate(perSecond)],
  ({ clientErrors }) => [percent(clientErrors), clientErrors ? 'warning' : ''],
  ({ serverErrors }) => [percent(serverErrors), serverErrors ? 'failure' : ''],
  ({ quantiles: [p50] }) => [seconds(p50)],
  ({ quantiles: [, p95] }) => [seconds(p95)],
  ({ quantiles: [, , p99] }) => [seconds(p99)],
  ({ total }) => [count(total)],
])

/**
 * Makes the function that fills the table. Rows are kept, so that what a reader has selected stays so.
 * @param {HTMLTableSectionElement} body
 * @param {(endpoint: string) => void} onChoice called with that of a row whose name was pressed
 */
export function createTable(body, onChoice) {
  /** @type {Map<string, HTMLTableRowElement>} */
  const elements = new Map()

  return (/** @type {Scrape} */ scrape, /** @type {Growth | undefined} */ growth) => {
    const rows = rowsOf(scrape.samples.requests, growth).map((row) => {
      const element = elements.get(row.endpoint) ?? createRow(row, onChoice)
      elements.set(row.endpoint, element)
      fill(element, row)
      return element
    })
    const isAsShown = rows.length === body.rows.length && rows.every((row, index) => row === body.rows[index])
    if (isAsShown || rows.length === 0) return
    const focused = document.activeElement
    body.replaceChildren(...rows)
    // Rows that change places let go of it.
    if (focused instanceof HTMLElement && body.contains(focused)) focused.focus({ preventScroll: true })
  }
}

/**
 * @param {Row} row
 * @param {(endpoint: string) => void} onChoice
 */
function createRow({ endpoint, method, route }, onChoice) {
  const row = document.createElement('tr')
  const head = document.createElement('th')
  head.scope = 'row'
  const name = document.createElement('button')
  name.type = 'button'
  name.addEventListener('click', () => onChoice(endpoint))
  const verb = document.createElement('span')
  verb.className = 'method'
  verb.textContent = method
  name.append(verb, ' ', route)
  head.append(name)
  row.append(head, ...CELLS.map(() => document.createElement('td')))
  return row
}

/**
 * @param {HTMLTableRowElement} element
 * @param {Row} row
 */
function fill(element, row) {
  for (const [index, cell] of CELLS.entries()) {
    const place = element.cells[index + 1]
    const [text, mark = ''] = cell(row)
    if (!place || place.textContent === text) continue
    place.textContent = text
    place.className = mark
  }
}
