// Labels are read once for each series, and so is what follows from them: a page has hundreds, every few seconds.

/** @import { Labels } from './types.ts' */

const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g
/** Processes come and go, each with series of its own. */
const MOST_KNOWN = 50_000

/** @type {Map<string, Labels>} */
const known = new Map()

/**
 * Reads what stands between the braces of a sample.
 * @param {string} text
 */
export function labelsOf(text) {
  if (known.size > MOST_KNOWN) known.clear()
  const labels = known.get(text) ?? read(text)
  known.set(text, labels)
  return labels
}

/**
 * Makes a function of labels that works out each answer once.
 * @param {(labels: Labels) => string} workOut
 * @returns {(labels: Labels) => string}
 */
export function remembered(workOut) {
  /** @type {WeakMap<Labels, string>} */
  const answers = new WeakMap()
  return (labels) => {
    const answer = answers.get(labels) ?? workOut(labels)
    answers.set(labels, answer)
    return answer
  }
}

/** @param {string} text */
function read(text) {
  /** @type {Labels} */
  const labels = Object.create(null)
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character))
  }
  return labels
}
