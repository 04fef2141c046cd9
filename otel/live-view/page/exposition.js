// Reads the Prometheus text format 0.0.4, as far as the view needs it: samples, no metadata.
import { labelsOf } from './labels.js'

/** @import { Labels } from './types.ts' */

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/

/**
 * Gives the samples of a page whose names are wanted, in its order. Lines that are no sample are passed over.
 * @param {string} page
 * @param {(name: string) => boolean} wanted
 * @returns {Generator<{ name: string, labels: Labels, value: number }>}
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function* samplesOf(page, wanted) {
  for (const line of page.split('\n')) {
    if (line.startsWith('#') || !wanted(/^[\w:]*/.exec(line)?.[0] ?? '')) continue
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? []
    if (name !== undefined && value !== undefined) {
      yield { name, labels: labelsOf(labels), value: numberOf(value) }
    }
  }
}

/**
 * A value or a bucket's bound: `0.25`, `1e+06`, `+Inf`, `NaN`.
 * @param {string} text
 */
export function numberOf(text) {
  return text.endsWith('Inf') ? Number(`${text}inity`) : Number(text)
}
