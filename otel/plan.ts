// What telemetry would start with its settings, for `npm start -- --check`.
import { plannedOrigin } from '../lib/listen.ts'
import type { Plan } from '../lib/settings-check.ts'
import { defaultPullOptions, type PullConfig, type PushConfig, type TelemetryConfig } from './config/types.ts'
import { describeExporter } from './readers.ts'

/** `file` is the configuration file, if there is one. */
export function planTelemetry(config: TelemetryConfig | undefined, file: string | undefined): Plan {
  const settings = file ? `${file}, which replaces all OTEL_ variables` : 'environment variables'
  if (!config) return { settings, metrics: 'are not exported' }
  const { readers, resource, views } = config
  return {
    settings,
    metrics: readers.map((reader) => (reader.kind === 'pull' ? describePull(reader) : describePush(reader))),
    resource: Object.entries({ 'service.name': 'microposts', ...resource.attributes }).map(
      ([key, value]) => `${key}=${value}`,
    ),
    ...(views.length > 0 && { views: String(views.length) }),
  }
}

function describePull({ host, port, token, cardinalityLimits, ...options }: PullConfig): string {
  const { translationStrategy, scopeInfo, targetInfo, resourceLabels, nativeHistograms } = options
  return [
    `prometheus at ${plannedOrigin(host, port)}/metrics`,
    token ? 'with a bearer token' : 'without a bearer token',
    translationStrategy !== defaultPullOptions.translationStrategy && `names by ${translationStrategy}`,
    !scopeInfo && 'no scope labels',
    !targetInfo && 'no target_info',
    resourceLabels && 'resource labels',
    nativeHistograms && 'native histograms',
    cardinalityLimits && 'cardinality limits',
  ]
    .filter(Boolean)
    .join(', ')
}

function describePush({ exporter, intervalMs, cardinalityLimits }: PushConfig): string {
  const { protocol, endpoint } = describeExporter(exporter)
  return [
    endpoint ? `${exporter.kind} over ${protocol} to ${endpoint}` : exporter.kind,
    `every ${intervalMs / 1000} s`,
    cardinalityLimits && 'cardinality limits',
  ]
    .filter(Boolean)
    .join(', ')
}
