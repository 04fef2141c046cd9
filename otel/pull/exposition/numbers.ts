// Numbers as both text formats spell them.

/** A sample's value: the shortest text that reads back as the same double, `NaN`, `+Inf` or `-Inf`. */
export function valueText(value: number): string {
  if (Number.isFinite(value)) return `${value}`
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

/**
 * A bucket's bound in OpenMetrics' canonical form: `0.005`, `1.0`, `1e+06`. The plain text format gets the same, since
 * the text is a label's value: one series, whichever format a scrape asked for (Prometheus 3 rewrites to this form).
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers
 */
export function boundText(bound: number): string {
  if (!Number.isFinite(bound)) return valueText(bound)
  const [digits = '', exponent = '0'] = bound.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 6) {
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return Number.isInteger(bound) ? `${bound}.0` : `${bound}`
}
