// Starts a service that knows nothing of telemetry, and reads the request durations that were recorded for it.
import { onTestFinished } from 'vitest'
import { runService } from '../../../harness/service.ts'
import { scrape } from '../../../harness/telemetry/scrape.ts'
import { until } from '../../../harness/until.ts'

export type Measured = { url: string; metricsUrl: string }
/** The labels of a series without those of its scope, and its value. */
export type Record = { labels: { [name: string]: string }; value: number }

const duration = 'http_server_request_duration_seconds_count'

/** Starts `test/otel/support/services/NAME.ts` with telemetry, until the test ends. */
export async function startMeasured(name: string, env: { [name: string]: string } = {}): Promise<Measured> {
  const running = runService(env, { entry: `test/otel/support/services/${name}.ts` })
  onTestFinished(async () => {
    running.kill('SIGTERM')
    await running.exited
  })
  const { url } = await running.logged('listening')
  const { endpoint } = await running.logged('metrics exported')
  return { url: String(url), metricsUrl: String(endpoint) }
}

/** The series of the request duration once they count this many requests. */
export function recordsOf(target: Measured, requests: number): Promise<Record[]> {
  return until(`${requests} requests are recorded`, async () => {
    const page = await scrape(target)
    return page.sum(duration) >= requests && page.series(duration).map(withoutScope)
  })
}

function withoutScope({ labels, value }: Record): Record {
  const { otel_scope_name: _, otel_scope_version: __, ...rest } = labels
  return { labels: rest, value }
}
