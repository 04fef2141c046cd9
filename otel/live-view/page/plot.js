// How charts look, in uPlot's words.

/** @import uPlot from 'uplot' */
/** @import { Format } from './format.js' */
/** @import { Line } from './types.ts' */

const FONT = '11px system-ui, sans-serif'
/** Charts begin with this much of the time axis, in seconds. */
const LEAST_SPAN = 60
const TENFOLDS = [1, 10, 100, 1_000, 10_000, 100_000]

/**
 * How the values of a chart are shown; `isWhole`: they come in ones; `isStacked`: each line stands on the one below it.
 * @typedef {{ format: Format, isWhole?: boolean, isStacked?: boolean }} Look
 */

/**
 * Colours are asked for at each drawing: a reader may turn to dark.
 * @param {Line[]} lines
 * @param {Look} look
 * @param {{ width: number, height: number }} size in CSS pixels
 * @param {() => void} onPoint called when the pointer comes to another moment, or leaves
 * @returns {uPlot.Options}
 */
export function optionsOf(lines, { format, isWhole, isStacked }, size, onPoint) {
  const axis = {
    font: FONT,
    stroke: () => colorOf('muted'),
    grid: { stroke: () => colorOf('rule'), width: 1 },
    ticks: { show: false },
  }
  return {
    ...size,
    padding: [8, 22, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'live' }, points: { size: 6 } },
    hooks: { setCursor: [onPoint] },
    scales: {
      x: { range: (_, from, to) => [Math.min(from ?? 0, (to ?? 0) - LEAST_SPAN), to ?? 0] },
      y: { range: (_, _lowest, highest) => [0, highest ? highest * 1.1 : 1] },
    },
    axes: [
      { ...axis, space: 60, size: 24, values: (_, times) => times.map(tickOf) },
      {
        ...axis,
        space: 32,
        size: 64,
        values: (_, values) => values.map(format),
        ...(isWhole && { incrs: TENFOLDS.flatMap((factor) => [factor, 2 * factor, 5 * factor]) }),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, { isWhole, isStacked }))],
    bands: isStacked ? lines.slice(1).map((_, index) => ({ series: [index + 1, index + 2] })) : [],
  }
}

/**
 * @param {Line} line
 * @param {Omit<Look, 'format'>} look
 * @returns {uPlot.Series}
 */
function seriesOf({ label, color, dashed }, { isWhole, isStacked }) {
  return {
    label,
    stroke: () => colorOf(color),
    width: 1.5,
    ...(dashed ? { dash: [4, 4] } : { fill: () => `${colorOf(color)}${isStacked ? '66' : '14'}` }),
    ...(isWhole && { paths: window.uPlot.paths.stepped?.({}) }),
    points: { show: false, filter: lonely, size: 4, fill: () => colorOf(color) },
  }
}

/**
 * Values between two gaps, which no line leads to.
 * @param {uPlot} plot
 * @param {number} index
 */
function lonely({ data }, index) {
  const values = Array.from(data[index] ?? [])
  return values.flatMap((value, place) => {
    const isLonely =
      value !== null && (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null
    return isLonely ? place : []
  })
}

/** @param {string} name of one of the style sheet's custom properties: a colour as `#rrggbb` */
function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`)
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const clockSeconds = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** @param {number} time in seconds since the epoch */
function tickOf(time) {
  return (time % 60 === 0 ? clock : clockSeconds).format(time * 1000)
}
