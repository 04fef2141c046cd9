// The line that says what the reader is looking at.
import { timeOfDay } from './format.js'
import { POINT_MS } from './history.js'
import { element } from './page.js'

/** @import { Failure } from './poll.js' */
/** @import { Moment, Scrape } from './types.ts' */

/**
 * @param {HTMLElement} line with places for the state, which is read out when it changes, and for the time
 * @param {number} everyMs
 */
export function createStatus(line, everyMs) {
  const state = element('[role=status]', HTMLElement, line)
  const details = element('.details', HTMLElement, line)
  const every = `every ${everyMs / 1000} s`
  /** @type {string | undefined} */
  let lastTime

  /**
   * @param {string} kind
   * @param {string} text
   */
  function say(kind, text) {
    line.dataset.state = kind
    // Said again, it would be read out again.
    if (state.textContent !== text) state.textContent = text
  }

  return {
    /**
     * @param {Scrape} scrape
     * @param {Moment} moment
     */
    live(scrape, { time, rates }) {
      lastTime = timeOfDay(time)
      details.textContent = `Last scrape ${lastTime}, ${every} · ${targetOf(scrape)}`
      if (rates) say('live', `Live: rates and quantiles of the last ${POINT_MS / 1000} s.`)
      else say('waiting', 'One scrape so far; two make a rate.')
    },

    /** @param {Failure} failure */
    failing(failure) {
      const again = failure.status === 401 ? '' : ` Trying again ${every}.`
      const shown = lastTime === undefined ? '' : ` What is shown is of ${lastTime}.`
      say('failing', `${reasonOf(failure)}${again}${shown}`)
    },
  }
}

/** @param {Failure} failure */
function reasonOf({ status, detail }) {
  if (status === 401) return 'The metrics need a token.'
  if (status === undefined) return `No answer (${detail}).`
  return `Answer ${status}: ${detail}`
}

/** @param {Scrape} scrape */
function targetOf({ samples, processes }) {
  const { service_name = '', service_version = '' } = samples.target[0]?.labels ?? {}
  const number = processes.size === 1 ? '1 process' : `${processes.size} processes`
  return [`${service_name} ${service_version}`.trim(), number].filter(Boolean).join(' · ')
}
