// The OTEL_* variables. Only those of the chosen exporters are looked at.

import type { Faults, Validator } from './faults.ts'
import { readOtlp } from './otlp-variables.ts'
import type { ReaderConfig, TelemetryConfig } from './types.ts'
import { boolean, milliseconds, pairs, port, text, token } from './validators.ts'

const exporters = ['prometheus', 'otlp', 'console'] as const
type Exporter = (typeof exporters)[number]

/** The first of the variables that is set; empty is unset. Undefined where none is, or it is wrong. */
export type Read = <Value>(validator: Validator<Value>, ...names: string[]) => Value | undefined

export function readVariables(env: NodeJS.ProcessEnv, faults: Faults): TelemetryConfig | undefined {
  const read: Read = (validator, ...names) => {
    const name = names.find((candidate) => env[candidate]?.trim())
    return name === undefined ? undefined : faults.check(name, env[name]?.trim() ?? '', validator)
  }
  if (read(boolean, 'OTEL_SDK_DISABLED')) return undefined
  const chosen = env.OTEL_METRICS_EXPORTER?.trim()
    ? (read(exporterList, 'OTEL_METRICS_EXPORTER') ?? [])
    : (['prometheus'] as const)
  if (chosen.length === 0) return undefined

  const serviceName = read(text, 'OTEL_SERVICE_NAME')
  return {
    resource: {
      attributes: {
        ...read(pairs, 'OTEL_RESOURCE_ATTRIBUTES'),
        ...(serviceName && { 'service.name': serviceName }),
      },
    },
    readers: readReaders(chosen, read, faults),
    views: [],
  }
}

/** Empty for `none`. */
const exporterList: Validator<readonly Exporter[]> = {
  allowed: `a comma list of ${exporters.join(', ')}, or none alone`,
  parse: (list) => {
    const names = list
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== '')
    if (names.join() === 'none') return []
    const known = exporters.filter((exporter) => names.includes(exporter))
    return known.length > 0 && known.length === new Set(names).size ? known : undefined
  },
}

function readReaders(chosen: readonly Exporter[], read: Read, faults: Faults): ReaderConfig[] {
  const pushes = chosen.some((exporter) => exporter !== 'prometheus')
  const schedule = pushes ? readSchedule(read, faults) : { intervalMs: 0, timeoutMs: 0 }
  return chosen.map((exporter) => {
    if (exporter === 'prometheus') return readPull(read)
    return {
      kind: 'push',
      ...schedule,
      exporter: exporter === 'otlp' ? readOtlp(read, faults) : { kind: 'console' },
    }
  })
}

function readPull(read: Read): ReaderConfig {
  return {
    kind: 'pull',
    host: read(text, 'OTEL_EXPORTER_PROMETHEUS_HOST') ?? 'localhost',
    port: read(port, 'OTEL_EXPORTER_PROMETHEUS_PORT') ?? 9464,
    token: read(token, 'METRICS_TOKEN'),
  }
}

/** The SDK has no timeout above the interval: the default gives way, one that was asked for is a fault. */
function readSchedule(read: Read, faults: Faults) {
  const intervalMs = read(milliseconds, 'OTEL_METRIC_EXPORT_INTERVAL') ?? 60_000
  const timeoutMs = read(milliseconds, 'OTEL_METRIC_EXPORT_TIMEOUT')
  if (timeoutMs && timeoutMs > intervalMs)
    faults.refuse('OTEL_METRIC_EXPORT_TIMEOUT', String(timeoutMs), `at most the interval, ${intervalMs}`)
  return { intervalMs, timeoutMs: timeoutMs ?? Math.min(30_000, intervalMs) }
}
