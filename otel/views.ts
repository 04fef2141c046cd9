// What may become a series: the attributes of the one instrument that is not the service's own, and nothing of
// outgoing requests.
import type { Attributes } from '@opentelemetry/api'
import { AggregationType, type IAttributesProcessor, type ViewOptions } from '@opentelemetry/sdk-metrics'

const duration = { name: 'http.server.request.duration', meter: '@opentelemetry/instrumentation-http' }
const attributeKeys = [
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'url.scheme',
  'network.protocol.version',
] as const

/**
 * Keeps the attributes with closed sets of values: host, port and the like would come from headers, that is,
 * from clients. `error.type` is there for a 5xx alone, where it is the status code as text; the instrumentation
 * also gives the names of errors.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
const closedAttributes: IAttributesProcessor = {
  process: (incoming) => {
    const attributes: Attributes = {}
    for (const key of attributeKeys) if (incoming[key] !== undefined) attributes[key] = incoming[key]
    const status = incoming['http.response.status_code']
    if (typeof status === 'number' && status >= 500) attributes['error.type'] = incoming['error.type']
    return attributes
  },
}

/**
 * The views of the configuration over ours. Two views of one instrument would be two metrics of one name, so a
 * configured one replaces ours, but lets through no attribute that ours does not.
 */
export function createViews(configured: readonly ViewOptions[]): ViewOptions[] {
  const views = configured.map((view) =>
    selectsDuration(view)
      ? { ...view, attributesProcessors: [closedAttributes, ...(view.attributesProcessors ?? [])] }
      : view,
  )
  const ours = { instrumentName: duration.name, attributesProcessors: [closedAttributes] }
  return [
    ...views,
    ...(configured.some(selectsDuration) ? [] : [ours]),
    { instrumentName: 'http.client.*', aggregation: { type: AggregationType.DROP } },
  ]
}

function selectsDuration({
  instrumentName,
  instrumentType,
  instrumentUnit,
  meterName,
}: ViewOptions): boolean {
  return (
    (!instrumentName || pattern(instrumentName).test(duration.name)) &&
    (!instrumentType || instrumentType === 'HISTOGRAM') &&
    (!instrumentUnit || instrumentUnit === 's') &&
    (!meterName || meterName === duration.meter)
  )
}

/** `*` stands for any characters, `?` for one. */
export function pattern(wildcards: string): RegExp {
  const source = wildcards
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
