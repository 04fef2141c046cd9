// The text on the page: number formats, elements, and the status line.
import { POINT_MS } from './history.js'

/** @import { Failure } from './poll.js' */
/** @import { Point, Scrape } from './types.ts' */

/** @typedef {(value: number | null | undefined) => string} Format */

/** Shown if there is no value. */
export const NONE = '–'

const integer = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

export const count = formatter(integer.format)
export const rate = formatter((value) => `${number.format(value)} /s`)
export const perMinute = formatter((value) => `${number.format(60 * value)} /min`)
export const percent = formatter((value) => `${number.format(100 * value)} %`)
export const bytes = formatter((value) => `${number.format(value / 1e6)} MB`)
export const seconds = formatter((value) =>
  value < 1 ? `${number.format(1000 * value)} ms` : `${number.format(value)} s`,
)

/**
 * @param {(value: number) => string} format
 * @returns {Format}
 */
function formatter(format) {
  return (value) => (value === null || value === undefined || Number.isNaN(value) ? NONE : format(value))
}

/**
 * Formats as 14:03:22, in the local time zone.
 * @param {number} time in seconds since the epoch
 */
export const timeOfDay = (time) => clock.format(time * 1000)

/**
 * Finds the first element that matches the selector. Throws if there is none of this type: HTML and scripts disagree.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function element(selector, type, root = document) {
  const found = root.querySelector(selector)
  if (!(found instanceof type)) throw new Error(`The page has no ${selector}.`)
  return found
}

/**
 * @param {HTMLElement} root with an element for the status, which screen readers announce, and one for details
 * @param {number} intervalMs
 */
export function createStatusLine(root, intervalMs) {
  const status = element('[role=status]', HTMLElement, root)
  const details = element('.details', HTMLElement, root)
  const every = `every ${intervalMs / 1000} s`
  /** @type {string | undefined} */
  let lastTime

  /**
   * @param {'live' | 'waiting' | 'failing'} state
   * @param {string} text
   */
  function show(state, text) {
    root.dataset.state = state
    // Screen readers announce every assignment, even of the same text.
    if (status.textContent !== text) status.textContent = text
  }

  return {
    /**
     * @param {Scrape} scrape
     * @param {Point} point
     */
    succeeded(scrape, { time, rates }) {
      lastTime = timeOfDay(time)
      details.textContent = `Last scrape ${lastTime}, ${every} · ${targetOf(scrape)}`
      if (rates) show('live', `Live: rates and quantiles over the last ${POINT_MS / 1000} s.`)
      else show('waiting', 'One scrape so far. Rates need two.')
    },

    /** @param {Failure} failure */
    failed(failure) {
      const retry = failure.status === 401 ? '' : ` Retrying ${every}.`
      const shown = lastTime === undefined ? '' : ` Showing data from ${lastTime}.`
      show('failing', `${reasonOf(failure)}${retry}${shown}`)
    },
  }
}

/** @param {Failure} failure */
function reasonOf({ status, detail }) {
  if (status === 401) return 'The metrics require a token.'
  if (status === undefined) return `No response (${detail}).`
  return `Response ${status}: ${detail}`
}

/** @param {Scrape} scrape */
function targetOf({ samples, processes }) {
  const { service_name = '', service_version = '' } = samples.target[0]?.labels ?? {}
  const number = processes.size === 1 ? '1 process' : `${processes.size} processes`
  return [`${service_name} ${service_version}`.trim(), number].filter(Boolean).join(' · ')
}
