// A chart: a canvas drawn by uPlot, and a legend of HTML text.
import { element, NONE, timeOfDay } from './page.js'

/** @import uPlot from 'uplot' */
/** @import { Format } from './page.js' */
/** @import { Line } from './types.ts' */

/** @typedef {{ format: Format, isInteger?: boolean, isStacked?: boolean }} ChartStyle */

const FONT = '11px system-ui, sans-serif'
/** The shortest time axis, in seconds. */
const MIN_SPAN = 60
const POWERS_OF_TEN = [1, 10, 100, 1_000, 10_000, 100_000]

/**
 * @param {HTMLElement} figure with a heading, a `time`, a list for the legend and a container for the plot
 * @param {ChartStyle} style
 */
export function createChart(figure, style) {
  const title = element('h3', HTMLElement, figure)
  const time = element('time', HTMLElement, figure)
  const legend = element('ul', HTMLElement, figure)
  const container = element('.plot', HTMLElement, figure)
  /** @type {Line[]} */
  let lines = []
  /** @type {number[]} */
  let times = []
  /** @type {uPlot | undefined} */
  let plot

  const size = () => ({ width: container.clientWidth, height: container.clientHeight })
  new ResizeObserver(() => plot?.setSize(size())).observe(container)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot?.redraw())

  function build() {
    plot?.destroy()
    plot = new window.uPlot({ ...size(), ...optionsOf(lines, style, describe) }, data(), container)
    legend.replaceChildren(...lines.map(legendItem))
  }

  /** @returns {uPlot.AlignedData} */
  const data = () => [times, ...(style.isStacked ? stack(lines) : lines.map(({ values }) => values))]

  /** Shows the values under the pointer in the legend, or else the newest ones. */
  function describe() {
    const pointed = plot?.cursor.idx
    const index = pointed ?? times.length - 1
    time.textContent = pointed === null || pointed === undefined ? '' : timeOfDay(times[index] ?? 0)
    const texts = lines.map((line) => style.format(line.values[index]))
    for (const [row, text] of texts.entries()) {
      const value = legend.children[row]?.lastElementChild
      if (value) value.textContent = text
    }
    const summary = lines.map(({ label }, row) => `${label} ${texts[row] ?? NONE}`).join(', ')
    container.setAttribute('aria-label', `${title.textContent}: ${summary || 'no data yet'}`)
  }

  return {
    /**
     * @param {number[]} newTimes in seconds since the epoch, rising
     * @param {Line[]} newLines
     */
    show(newTimes, newLines) {
      const hasSameLines = plot && keyOf(lines) === keyOf(newLines)
      times = newTimes
      lines = newLines
      if (hasSameLines) plot?.setData(data())
      else build()
      describe()
    },
  }
}

/** @param {Line[]} lines */
const keyOf = (lines) => lines.map(({ label, color }) => `${label} ${color}`).join()

/** @param {Line} line */
function legendItem({ label, color }) {
  const item = document.createElement('li')
  item.style.setProperty('--color', `var(--${color})`)
  const name = document.createElement('span')
  name.textContent = label
  item.append(name, ' ', document.createElement('b'))
  return item
}

/**
 * Adds to each line the sum of the lines after it. A gap stays a gap.
 * @param {Line[]} lines
 * @returns {Line['values'][]}
 */
function stack(lines) {
  /** @type {Line['values']} */
  let below = []
  const fromBottom = lines.toReversed().map(({ values }) => {
    below = values.map((value, index) => (value === null ? null : value + (below[index] ?? 0)))
    return below
  })
  return fromBottom.reverse()
}

/**
 * Colours are functions, so that each redraw uses the current colour scheme.
 * @param {Line[]} lines
 * @param {ChartStyle} style
 * @param {() => void} onCursor called when the pointer moves to another point, or leaves
 * @returns {Omit<uPlot.Options, 'width' | 'height'>}
 */
function optionsOf(lines, { format, isInteger, isStacked }, onCursor) {
  const axis = {
    font: FONT,
    stroke: () => colorOf('muted'),
    grid: { stroke: () => colorOf('rule'), width: 1 },
    ticks: { show: false },
  }
  return {
    padding: [8, 22, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'live' }, points: { size: 6 } },
    hooks: { setCursor: [onCursor] },
    scales: {
      x: { range: (_, from, to) => [Math.min(from ?? 0, (to ?? 0) - MIN_SPAN), to ?? 0] },
      y: { range: (_, _lowest, highest) => [0, highest ? highest * 1.1 : 1] },
    },
    axes: [
      { ...axis, space: 60, size: 24, values: (_, times) => times.map(formatTick) },
      {
        ...axis,
        space: 32,
        size: 64,
        values: (_, values) => values.map(format),
        ...(isInteger && { incrs: POWERS_OF_TEN.flatMap((power) => [power, 2 * power, 5 * power]) }),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, color, dashed }) => ({
        label,
        stroke: () => colorOf(color),
        width: 1.5,
        ...(dashed ? { dash: [4, 4] } : { fill: () => `${colorOf(color)}${isStacked ? '66' : '14'}` }),
        ...(isInteger && { paths: window.uPlot.paths.stepped?.({}) }),
        points: { show: false, filter: isolatedPoints, size: 4, fill: () => colorOf(color) },
      })),
    ],
    bands: isStacked ? lines.slice(1).map((_, index) => ({ series: [index + 1, index + 2] })) : [],
  }
}

/**
 * Points between two gaps, which would be invisible as part of a line.
 * @param {uPlot} plot
 * @param {number} index
 */
function isolatedPoints({ data }, index) {
  const values = Array.from(data[index] ?? [])
  const isGap = (/** @type {number} */ at) => (values[at] ?? null) === null
  return [...values.keys()].filter((at) => !isGap(at) && isGap(at - 1) && isGap(at + 1))
}

/** @param {string} name of a custom property of the style sheet that holds a colour as `#rrggbb` */
function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)
}

const minutes = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** @param {number} time in seconds since the epoch */
const formatTick = (time) => (time % 60 === 0 ? minutes.format(time * 1000) : timeOfDay(time))
