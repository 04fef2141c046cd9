import { createMetrics, type Metrics } from '../../src/metrics/instruments.ts'

/** The service's metrics for code that runs without a meter provider: every call is a no-op. */
export function unrecordedMetrics(): Metrics {
  return createMetrics({ version: '', revision: '', runtime: '' })
}
