// What the endpoint measures of itself.
import { metrics } from '@opentelemetry/api'

export type SelfMetrics = ReturnType<typeof createSelfMetrics>

/**
 * Makes the endpoint's instruments on the global meter provider, which therefore must be set by then: one made before
 * records nothing, ever.
 */
export function createSelfMetrics(version: string | undefined) {
  const meter = metrics.getMeter('microposts', version)
  const duration = meter.createHistogram('microposts.scrape.duration', {
    description: 'Time from the arrival of a scrape until its page was written.',
    unit: 's',
    advice: {
      explicitBucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    },
  })
  const size = meter.createGauge('microposts.scrape.size', {
    description: 'Size of the last page that was scraped, before compression.',
    unit: 'By',
  })
  const failures = meter.createCounter('microposts.scrape.failures', {
    description: 'Scrapes answered with 503, because a collection failed or took too long.',
  })
  failures.add(0)

  return {
    succeeded(seconds: number, bytes: number) {
      duration.record(seconds)
      size.record(bytes)
    },
    failed(seconds: number) {
      duration.record(seconds)
      failures.add(1)
    },
  }
}
