// The Prometheus exporter of the model.
// https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/
import { readCardinalityLimits } from './cardinality-limits.ts'
import type { Faults } from './faults.ts'
import { readPatterns } from './patterns.ts'
import type { Model, PullConfig, Setting, TranslationStrategy } from './types.ts'
import { boolean, port, text, token } from './validators.ts'

type Pull = NonNullable<NonNullable<Model['meter_provider']>['readers'][number]['pull']>

/** Settings of the endpoint that only variables have. */
export type EndpointSettings = { token: Setting | undefined; nativeHistograms: Setting | undefined }

export function readPull(
  { exporter, cardinality_limits: limits }: Pull,
  endpoint: EndpointSettings,
  faults: Faults,
): PullConfig[] {
  const settings = exporter['prometheus/development']
  if (settings === undefined) return []
  const labels = settings?.resource_constant_labels
  return [
    {
      kind: 'pull',
      host: faults.read(settings?.host, text) ?? 'localhost',
      port: faults.read(settings?.port, port) ?? 9464,
      token: faults.read(endpoint.token, token),
      translationStrategy: readStrategy(settings?.translation_strategy),
      scopeInfo: faults.read(settings?.scope_info_enabled, boolean) ?? true,
      targetInfo: faults.read(settings?.['target_info_enabled/development'], boolean) ?? true,
      resourceLabels: labels && readPatterns(labels),
      nativeHistograms: faults.read(endpoint.nativeHistograms, boolean) ?? false,
      cardinalityLimits: readCardinalityLimits(limits, faults),
    },
  ]
}

function readStrategy(setting: Setting | null | undefined): TranslationStrategy {
  const name = String(setting?.value ?? 'underscore_escaping_with_suffixes')
  return name.replace('/development', '') as TranslationStrategy
}
