// The figures at the top, of the newest moment.
import { bytes, count, percent, perMinute, rate, seconds } from './format.js'
import { gauge, perSecond, share, utilization } from './measures.js'
import { element } from './page.js'
import { isServerError } from './requests.js'

/** @import { Moment } from './types.ts' */

/**
 * By the `data-figure` of their places on the page.
 * @type {Record<string, (moment: Moment) => string>}
 */
const FIGURES = {
  requests: ({ rates }) => rate(perSecond(rates, 'requests')),
  errors: ({ rates }) => percent(errorShare(rates)),
  p95: ({ durations }) => seconds(durations?.requests.get('')?.[1]),
  posts: ({ rates }) => perMinute(perSecond(rates, 'posts')),
  inFlight: ({ gauges }) => count(gauge(gauges?.requestsInFlight)),
  loop: ({ rates }) => percent(utilization(rates)),
  memory: ({ gauges }) => bytes(gauge(gauges?.memory)),
}

/** @param {Moment} moment */
export function showFigures(moment) {
  for (const [name, figure] of Object.entries(FIGURES)) {
    element(`[data-figure=${name}]`, HTMLElement).textContent = figure(moment)
  }
  const isFailing = (errorShare(moment.rates) ?? 0) > 0
  element('[data-figure=errors]', HTMLElement).classList.toggle('failure', isFailing)
}

/** @param {Moment['rates']} rates */
const errorShare = (rates) => share(rates, 'requests', isServerError)
