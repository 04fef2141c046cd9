// The live view: scrapes `/metrics` every few seconds and draws it.
import { CHARTS } from './charts.js'
import { parseScrape } from './exposition.js'
import { createHistory } from './history.js'
import { bytes, count, createStatusLine, element, percent, perMinute, rate, seconds } from './page.js'
import { createChart } from './plot.js'
import { createTokenForm, startPolling } from './poll.js'
import { gauge, perSecond, share, statusClassOf, utilization } from './statistics.js'
import { createEndpointMenu, createTable } from './table.js'

/** @import { Point } from './types.ts' */

/** `?every=500` sets the interval in milliseconds. */
const requestedMs = Number(new URLSearchParams(location.search).get('every')) || 2_000
const intervalMs = Math.min(Math.max(requestedMs, 250), 15_000)

const history = createHistory({ maxGapMs: 3 * intervalMs + 10_000 })
const statusLine = createStatusLine(element('#state', HTMLElement), intervalMs)
const menu = createEndpointMenu(element('#endpoint', HTMLSelectElement), drawCharts)
const showTable = createTable(element('#routes tbody', HTMLTableSectionElement), menu.choose)
const charts = Object.entries(CHARTS).map(([name, definition]) => ({
  ...definition,
  chart: createChart(element(`[data-chart=${name}]`, HTMLElement), definition),
}))
const tokenForm = createTokenForm(element('#token', HTMLFormElement), () => polling.now())

const polling = startPolling({
  intervalMs,
  token: tokenForm.token,
  onSuccess({ text, ...when }) {
    const scrape = parseScrape(text, when)
    history.add(scrape)
    tokenForm.hide()
    statusLine.succeeded(scrape, history.newest())
    showFigures(history.newest())
    showTable(scrape, history.lastMinute())
    menu.update(scrape)
    drawCharts()
  },
  onFailure(failure) {
    history.interrupt(Date.now())
    if (failure.status === 401) tokenForm.ask(failure.token)
    statusLine.failed(failure)
  },
})

function drawCharts() {
  const points = history.points()
  const times = points.map(({ time }) => time)
  for (const { chart, lines } of charts) chart.show(times, lines(points, menu.chosen()))
}

/**
 * Fills the figures at the top of the page, by `data-figure` in the HTML.
 * @param {Point} point
 */
function showFigures({ rates, durations, gauges }) {
  const errors = share(rates, 'requests', (labels) => statusClassOf(labels) === 5)
  const figures = {
    requests: rate(perSecond(rates, 'requests')),
    errors: percent(errors),
    p95: seconds(durations?.requests.get('')?.[1]),
    posts: perMinute(perSecond(rates, 'posts')),
    inFlight: count(gauge(gauges?.requestsInFlight)),
    loop: percent(utilization(rates)),
    memory: bytes(gauge(gauges?.memory)),
  }
  for (const [name, text] of Object.entries(figures)) {
    element(`[data-figure=${name}]`, HTMLElement).textContent = text
  }
  element('[data-figure=errors]', HTMLElement).classList.toggle('failure', Boolean(errors))
}
