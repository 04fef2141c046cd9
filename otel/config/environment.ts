// Translates the OTEL_ variables to the model of the configuration file, in which the same rules apply to both.
// Only variables of selected exporters are translated, and so validated.
import type { Faults, Validator } from './faults.ts'
import type { Model, Setting } from './types.ts'
import { boolean, headers, httpUrl, oneOf } from './validators.ts'
import type { OtlpVariable, Variable } from './variables.ts'

type Reader = NonNullable<Model['meter_provider']>['readers'][number]
type PushExporter = NonNullable<Reader['periodic']>['exporter']

const exporterNames = ['prometheus', 'otlp', 'console'] as const

/** Returns the first of some variables that is set; an empty variable counts as unset. */
export type FindSetting = (...names: Variable[]) => Setting | undefined

export function settingsOf(env: NodeJS.ProcessEnv): FindSetting {
  return (...names) =>
    names.map((name) => ({ name, value: env[name]?.trim() ?? '' })).find(({ value }) => value !== '')
}

/** Returns undefined if the variables turn metrics off. */
export function readEnvironment(find: FindSetting, faults: Faults): Model | undefined {
  if (faults.read(find('OTEL_SDK_DISABLED'), boolean)) return undefined
  const selected = find('OTEL_METRICS_EXPORTER')
  const exporters = selected ? faults.read(selected, exporterList) : (['prometheus'] as const)
  if (!exporters?.length) return undefined

  const serviceName = find('OTEL_SERVICE_NAME')
  return {
    resource: {
      attributes_list: find('OTEL_RESOURCE_ATTRIBUTES'),
      attributes: serviceName && [{ name: { ...serviceName, value: 'service.name' }, value: serviceName }],
    },
    meter_provider: {
      readers: exporters.map((exporter): Reader => {
        if (exporter === 'prometheus') return { pull: { exporter: { 'prometheus/development': pull(find) } } }
        return {
          periodic: {
            interval: find('OTEL_METRIC_EXPORT_INTERVAL'),
            timeout: find('OTEL_METRIC_EXPORT_TIMEOUT'),
            exporter: exporter === 'otlp' ? otlp(find, faults) : { console: null },
          },
        }
      }),
    },
  }
}

/** Parses `none` to an empty list. */
const exporterList: Validator<readonly (typeof exporterNames)[number][]> = {
  allowed: `a comma-separated list of ${exporterNames.join(', ')}; or none alone`,
  parse: (list) => {
    const names = list
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== '')
    if (names.join() === 'none') return []
    const known = exporterNames.filter((name) => names.includes(name))
    return known.length > 0 && known.length === new Set(names).size ? known : undefined
  },
}

const pull = (find: FindSetting) => ({
  host: find('OTEL_EXPORTER_PROMETHEUS_HOST'),
  port: find('OTEL_EXPORTER_PROMETHEUS_PORT'),
})

/** @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
function otlp(find: FindSetting, faults: Faults): PushExporter {
  const get = (name: OtlpVariable) => find(`OTEL_EXPORTER_OTLP_METRICS_${name}`, `OTEL_EXPORTER_OTLP_${name}`)
  const protocolSetting = get('PROTOCOL')
  const protocol = faults.read(protocolSetting, oneOf('http/protobuf', 'http/json', 'grpc'))
  const tls = {
    ca_file: get('CERTIFICATE'),
    cert_file: get('CLIENT_CERTIFICATE'),
    key_file: get('CLIENT_KEY'),
  }
  const common = {
    headers: otlpHeaders(find, faults),
    timeout: get('TIMEOUT'),
    compression: get('COMPRESSION'),
    temporality_preference: find('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'),
    default_histogram_aggregation: find('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION'),
  }
  if (protocol === 'grpc')
    return { otlp_grpc: { ...common, endpoint: get('ENDPOINT'), tls: { ...tls, insecure: get('INSECURE') } } }
  const encoding = protocolSetting && protocol && { ...protocolSetting, value: protocol.replace('http/', '') }
  return { otlp_http: { ...common, endpoint: httpEndpoint(find, faults), tls, encoding } }
}

/** The path of the signal is appended to the common variable; the variable of the metrics is used as it is. */
function httpEndpoint(find: FindSetting, faults: Faults): Setting | undefined {
  const own = find('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT')
  if (own) return own
  const common = find('OTEL_EXPORTER_OTLP_ENDPOINT')
  const base = faults.read(common, httpUrl)
  if (!common || !base) return undefined
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/metrics`
  return { ...common, value: url.href }
}

/** Headers of both variables; those of the metrics replace common ones of the same name. */
function otlpHeaders(find: FindSetting, faults: Faults) {
  const names = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_EXPORTER_OTLP_METRICS_HEADERS'] as const
  return names.flatMap((variable) =>
    Object.entries(faults.read(find(variable), headers) ?? {}).map(([name, value]) => ({
      name: { name: variable, value: name },
      value: { name: variable, value },
    })),
  )
}
