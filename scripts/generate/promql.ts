// PromQL expressions that many panels share.

/** Grafana sets it to at least four scrape intervals, at every zoom level. */
const interval = '$__rate_interval'

/** The rate per second of a counter, summed by these labels. */
export function rate(metric: string, matchers: string, ...labels: string[]): string {
  return `${sumBy(labels)} (rate(${metric}{${matchers}}[${interval}]))`
}

/** A quantile of a histogram (named without suffix) by these labels. `>= 0` drops the NaN of series without events. */
export function quantile(q: number, histogram: string, matchers: string, ...labels: string[]): string {
  return `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, matchers, ...labels, 'le')}) >= 0`
}

/** Three quantiles, by legend. */
export const quantiles = (histogram: string, matchers: string) => ({
  p50: quantile(0.5, histogram, matchers),
  p95: quantile(0.95, histogram, matchers),
  p99: quantile(0.99, histogram, matchers),
})

/**
 * Three quantiles, by legend: exact ones of native histograms where Prometheus has them, otherwise those of the classic
 * buckets.
 */
export const nativeQuantiles = (histogram: string, matchers: string) =>
  Object.fromEntries(
    Object.entries(quantiles(histogram, matchers)).map(([legend, classic]) => {
      const q = Number(legend.slice(1)) / 100
      return [legend, `histogram_quantile(${q}, ${rate(histogram, matchers)}) >= 0 or ${classic}`]
    }),
  )

const sumBy = (labels: string[]) => (labels.length > 0 ? `sum by (${labels.join(', ')})` : 'sum')
