// Shapes of PromQL that many panels share.

/** Over time: at least four scrapes, whatever the zoom. */
const interval = '$__rate_interval'

/** Events a second of a counter, summed by these labels. */
export function rate(metric: string, matchers: string, ...labels: string[]): string {
  return `${sumBy(labels)} (rate(${metric}{${matchers}}[${interval}]))`
}

/** A quantile of a histogram (its name without suffix), by these labels; where nothing was recorded there is no value. */
export function quantile(q: number, histogram: string, matchers: string, ...labels: string[]): string {
  return `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, matchers, ...labels, 'le')}) >= 0`
}

const sumBy = (labels: string[]) => (labels.length > 0 ? `sum by (${labels.join(', ')})` : 'sum')
