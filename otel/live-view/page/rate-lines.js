// Rates by name, of which there may be more than a chart has colours.
import { line, rateOf } from './lines.js'

/** @import { Color, Labels, Line, Moment, Rates } from './types.ts' */

/** @type {Color[]} */
const RANK_COLORS = ['blue', 'teal', 'amber', 'violet', 'pink']

/**
 * Makes the function that draws a counter's rates by a name that its labels have: the highest by name, the others
 * together. A name keeps its colour, and its place, for as long as it is among the highest.
 * @param {keyof Rates['samples']} counter
 * @param {(labels: Labels) => string} nameOf
 * @returns {(moments: Moment[]) => Line[]}
 */
export function createRateLines(counter, nameOf) {
  /** @type {(string | undefined)[]} */
  let shown = RANK_COLORS.map(() => undefined)

  return (moments) => {
    const names = namesByGain(moments, counter, nameOf)
    shown = placed(shown, names.slice(0, shown.length))
    const lines = shown.flatMap((name, place) => {
      if (name === undefined) return []
      return line(
        name,
        RANK_COLORS[place] ?? 'grey',
        moments,
        rateOf(counter, (labels) => nameOf(labels) === name),
      )
    })
    const isOther = (/** @type {Labels} */ labels) => !shown.includes(nameOf(labels))
    const others =
      names.length > lines.length ? [line('others', 'grey', moments, rateOf(counter, isOther))] : []
    return [...lines, ...others]
  }
}

/**
 * @param {Moment[]} moments
 * @param {keyof Rates['samples']} counter
 * @param {(labels: Labels) => string} nameOf
 */
function namesByGain(moments, counter, nameOf) {
  /** @type {Map<string, number>} */
  const gains = new Map()
  for (const { labels, value } of moments.flatMap(({ rates }) => rates?.samples[counter] ?? [])) {
    const name = nameOf(labels)
    gains.set(name, (gains.get(name) ?? 0) + value)
  }
  return [...gains].sort(([, a], [, b]) => b - a).map(([name]) => name)
}

/**
 * @param {(string | undefined)[]} places
 * @param {string[]} names no more than there are places
 */
function placed(places, names) {
  const kept = places.map((name) => (name !== undefined && names.includes(name) ? name : undefined))
  const added = names.filter((name) => !kept.includes(name))
  return kept.map((name) => name ?? added.shift())
}
