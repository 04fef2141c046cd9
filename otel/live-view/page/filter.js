// The choice of the endpoint that the charts of requests show.
import { endpointOf } from './requests.js'

/** @import { Scrape } from './types.ts' */

/**
 * @param {HTMLSelectElement} select with one option so far: all of them, whose value is ''
 * @param {() => void} onChange
 */
export function createFilter(select, onChange) {
  /** @type {Set<string>} */
  const offered = new Set()
  select.addEventListener('change', onChange)

  return {
    /** '' for all. */
    endpoint: () => select.value,

    /** @param {string} endpoint that was offered */
    choose(endpoint) {
      select.value = endpoint
      onChange()
      select.focus()
    },

    /**
     * Adds what the scrape has and the choice does not, in alphabetical order.
     * @param {Scrape} scrape
     */
    offer({ samples }) {
      const endpoints = new Set(samples.requests.map(({ labels }) => endpointOf(labels)))
      for (const endpoint of [...endpoints].filter((endpoint) => !offered.has(endpoint)).sort()) {
        offered.add(endpoint)
        const before = [...select.options].find(({ value }) => value > endpoint)
        select.add(new Option(endpoint, endpoint), before ?? null)
      }
    },
  }
}
