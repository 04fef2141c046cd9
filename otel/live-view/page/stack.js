// Stacked lines: each stands on the one after it.

/** @import { Line } from './types.ts' */

/**
 * The sums from the last line up, with a gap where a line has one.
 * @param {Line[]} lines
 * @returns {Line['values'][]}
 */
export function stacked(lines) {
  /** @type {Line['values']} */
  let below = []
  const fromBottom = lines.toReversed().map(({ values }) => {
    below = values.map((value, index) => (value === null ? null : value + (below[index] ?? 0)))
    return below
  })
  return fromBottom.reverse()
}
