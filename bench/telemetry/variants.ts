// The same service with different telemetry.

export type Variant = {
  name: string
  preload: string[]
  env: Record<string, string>
  /** Whether its exposition has the same names and labels as ours. */
  comparable?: boolean
}

const usage = './bench/load/report-usage.ts'
const ours = ['./otel/register.ts', usage]
const stock = ['./bench/telemetry/stock/register.ts', usage]
const promClient = ['./bench/telemetry/prom-client/register.ts', usage]

export const on: Variant = { name: 'on, scraped', preload: ours, env: {}, comparable: true }

/** The first two are the same and the baseline of the others: their difference is the noise of the measurement. */
export function variantsOf(collectorUrl: string): Variant[] {
  const push = {
    OTEL_METRICS_EXPORTER: 'prometheus,otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
  }
  const other = { PROMETHEUS_CLIENT: '@prometheus-io/client' }
  return [
    { name: 'off', preload: [usage], env: {} },
    { name: 'off, a second process', preload: [usage], env: {} },
    on,
    { ...on, name: 'on, scraped and pushed', env: push },
    { name: 'stock OpenTelemetry, scraped', preload: stock, env: {} },
    { name: 'prom-client, scraped', preload: promClient, env: {}, comparable: true },
    { name: '@prometheus-io/client, scraped', preload: promClient, env: other, comparable: true },
  ]
}
