// The live view: reads `/metrics` every few seconds and draws it.
import { createChart } from './chart.js'
import { CHARTS } from './charts.js'
import { readScrape } from './families.js'
import { showFigures } from './figures.js'
import { createFilter } from './filter.js'
import { createHistory } from './history.js'
import { element } from './page.js'
import { startPolling } from './poll.js'
import { createStatus } from './status.js'
import { createTable } from './table.js'
import { createToken } from './token.js'

/** `?every=500` asks for more than usual. */
const asked = Number(new URLSearchParams(location.search).get('every')) || 2_000
const everyMs = Math.min(Math.max(asked, 250), 15_000)

const history = createHistory({ longestMs: 3 * everyMs + 10_000 })
const status = createStatus(element('#state', HTMLElement), everyMs)
const filter = createFilter(element('#endpoint', HTMLSelectElement), drawCharts)
const showTable = createTable(element('#routes tbody', HTMLTableSectionElement), filter.choose)
const charts = Object.entries(CHARTS).map(([name, definition]) => ({
  ...definition,
  chart: createChart(element(`[data-chart=${name}]`, HTMLElement), definition),
}))
const token = createToken(element('#token', HTMLFormElement), () => polling.now())

const polling = startPolling({
  everyMs,
  token: token.value,
  onPage({ page, ...when }) {
    const scrape = readScrape(page, when)
    history.add(scrape)
    token.accepted()
    status.live(scrape, history.newest())
    showFigures(history.newest())
    showTable(scrape, history.lastMinute())
    filter.offer(scrape)
    drawCharts()
  },
  onFailure(failure) {
    history.interrupt(Date.now())
    if (failure.status === 401) token.ask(failure.token)
    status.failing(failure)
  },
})

function drawCharts() {
  const moments = history.moments()
  for (const { chart, lines } of charts) {
    chart.show(
      moments.map(({ time }) => time),
      lines(moments, filter.endpoint()),
    )
  }
}
