// The metrics of the pull endpoint itself: microposts.scrape.*.
import { metrics } from '@opentelemetry/api'
import { instrumentOptions } from '../../lib/metric.ts'
import { telemetryMetrics } from '../catalogue.ts'

export type SelfMetrics = ReturnType<typeof createSelfMetrics>

/** Call it after the global meter provider is set: an instrument created before never records anything. */
export function createSelfMetrics(version: string | undefined) {
  const meter = metrics.getMeter('microposts', version)
  const options = (name: keyof typeof telemetryMetrics) => instrumentOptions(telemetryMetrics[name])
  const duration = meter.createHistogram('microposts.scrape.duration', options('microposts.scrape.duration'))
  const size = meter.createGauge('microposts.scrape.size', options('microposts.scrape.size'))
  const failures = meter.createCounter('microposts.scrape.failures', options('microposts.scrape.failures'))
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
