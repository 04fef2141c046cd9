// The same service with different telemetry.

export type Variant = { name: string; preload: string[]; env: Record<string, string> }

const preload = ['./otel/register.ts', './bench/load/report-usage.ts']
const off = { OTEL_SDK_DISABLED: 'true' }

/** The first two are the same and the baseline of the others: their difference is the noise of the measurement. */
export function variantsOf(collectorUrl: string): Variant[] {
  const push = {
    OTEL_METRICS_EXPORTER: 'prometheus,otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl,
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_METRIC_EXPORT_TIMEOUT: '1000',
  }
  return [
    { name: 'off', preload, env: off },
    { name: 'off, a second process', preload, env: off },
    { name: 'on, scraped', preload, env: {} },
    { name: 'on, scraped and pushed', preload, env: push },
    {
      name: 'prom-client, scraped',
      preload: [...preload, './bench/telemetry/prom-client/register.ts'],
      env: off,
    },
  ]
}
