// One chart: its canvas, drawn by uPlot, and its legend, which is text.
import { NONE, timeOfDay } from './format.js'
import { element } from './page.js'
import { optionsOf } from './plot.js'
import { stacked } from './stack.js'

/** @import uPlot from 'uplot' */
/** @import { Look } from './plot.js' */
/** @import { Line } from './types.ts' */

/**
 * Makes a chart in its figure. uPlot is a script of its own, which is global.
 * @param {HTMLElement} figure with a heading, a list for the legend and a place for the plot
 * @param {Look} look
 */
export function createChart(figure, look) {
  const title = element('h3', HTMLElement, figure)
  const time = element('time', HTMLElement, figure)
  const legend = element('ul', HTMLElement, figure)
  const place = element('.plot', HTMLElement, figure)
  /** @type {Line[]} */
  let lines = []
  /** @type {number[]} */
  let times = []
  /** @type {uPlot | undefined} */
  let plot

  const size = () => ({ width: place.clientWidth, height: place.clientHeight })
  new ResizeObserver(() => plot?.setSize(size())).observe(place)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot?.redraw())

  function build() {
    plot?.destroy()
    plot = new window.uPlot(optionsOf(lines, look, size(), describe), dataOf(), place)
    legend.replaceChildren(...lines.map(legendItem))
  }

  /** @returns {uPlot.AlignedData} */
  const dataOf = () => [times, ...(look.isStacked ? stacked(lines) : lines.map(({ values }) => values))]

  /** Says the values under the pointer, else the last ones. */
  function describe() {
    const pointed = plot?.cursor.idx
    const index = pointed ?? times.length - 1
    time.textContent = pointed === null || pointed === undefined ? '' : timeOfDay(times[index] ?? 0)
    const texts = lines.map((line) => look.format(line.values[index]))
    for (const [row, text] of texts.entries()) {
      const value = legend.children[row]?.lastElementChild
      if (value) value.textContent = text
    }
    const summary = lines.map(({ label }, row) => `${label} ${texts[row] ?? NONE}`).join(', ')
    place.setAttribute('aria-label', `${title.textContent}: ${summary || 'nothing yet'}`)
  }

  return {
    /**
     * @param {number[]} newTimes in seconds since the epoch, rising
     * @param {Line[]} newLines
     */
    show(newTimes, newLines) {
      const isSameShape = plot && shapeOf(lines) === shapeOf(newLines)
      times = newTimes
      lines = newLines
      if (isSameShape) plot?.setData(dataOf())
      else build()
      describe()
    },
  }
}

/** @param {Line[]} lines */
const shapeOf = (lines) => lines.map(({ label, color }) => `${label} ${color}`).join()

/** @param {Line} line */
function legendItem({ label, color }) {
  const item = document.createElement('li')
  item.style.setProperty('--color', `var(--${color})`)
  const name = document.createElement('span')
  name.textContent = label
  const value = document.createElement('b')
  item.append(name, ' ', value)
  return item
}
