// The table's rows: each method and route, over the last minute.
import { durationsOf } from './durations.js'
import { perSecond, share, total } from './measures.js'
import { endpointOf, isClientError, isServerError, methodOf, routeOf } from './requests.js'

/** @import { Growth, Labels, Sample } from './types.ts' */

/**
 * The most asked first. Rates, shares and quantiles are undefined where nothing is known of them; `total` is since the
 * start of each process.
 * @param {Sample[]} requests as the last scrape has them
 * @param {Growth | undefined} growth
 */
export function rowsOf(requests, growth) {
  const endpoints = Map.groupBy(requests, ({ labels }) => endpointOf(labels))
  const durations = growth && durationsOf(growth)
  const rows = Array.from(endpoints, ([endpoint, samples]) => {
    const labels = samples[0]?.labels ?? {}
    const isIt = (/** @type {Labels} */ other) => endpointOf(other) === endpoint
    return {
      endpoint,
      method: methodOf(labels),
      route: routeOf(labels),
      perSecond: perSecond(growth, 'requests', isIt),
      clientErrors: share(growth, 'requests', isClientError, isIt),
      serverErrors: share(growth, 'requests', isServerError, isIt),
      quantiles: durations?.requests.get(endpoint) ?? [],
      total: total(samples),
    }
  })
  return rows.sort((a, b) => (b.perSecond ?? 0) - (a.perSecond ?? 0) || b.total - a.total)
}
