// What the service counted, as pushed and as scraped.
import { attributesOf, metricsOf, type Push, sampleKey, samplesOf } from '../../telemetry/otlp-decoder.ts'
import type { Received } from '../../telemetry/otlp-sink.ts'
import type { Scrape } from '../../telemetry/scrape.ts'
import { type Tally, tally } from './tally.ts'

export type Attributes = Readonly<Record<string, string>>
/** A series has one value, but two of a histogram: `NAME count` and `NAME sum`. */
type Value = { name: string; attributes: Attributes; value: number }

export type Counts = ReturnType<typeof createCounts>

/** Returns the last push of each process, by its instance id, in the order in which the processes started. */
export function lastPushes(received: readonly Received[]): Push[] {
  const last = new Map<string, Push>()
  for (const { push } of received) for (const instance of instancesOf(push)) last.set(instance, push)
  return [...last.values()]
}

const instancesOf = ({ resourceMetrics }: Push): string[] =>
  resourceMetrics.map(({ resource }) => attributesOf(resource.attributes)['service.instance.id'] ?? '')

/** Sums the last pushes of all processes: counters add up, and gauges of activity end at 0 in each process. */
export function createCounts(pushes: readonly Push[]) {
  const values = pushes.flatMap(valuesOf)
  const by = (name: string, key: (attributes: Attributes) => string | undefined): Tally =>
    tally(
      values.filter((value) => value.name === name),
      ({ attributes }) => key(attributes),
      ({ value }) => value,
    )
  return {
    /** The values of a metric by what `key` returns for their attributes; undefined leaves a series out. */
    by,
    /** All values of a metric in one sum. */
    all: (name: string): Tally => by(name, () => 'all'),
  }
}

function valuesOf(push: Push): Value[] {
  return metricsOf(push).flatMap(({ name, sum, gauge, histogram }) => [
    ...(sum?.dataPoints ?? gauge?.dataPoints ?? []).map((point) => ({
      name,
      attributes: attributesOf(point.attributes),
      value: point.asDouble ?? point.asInt ?? Number.NaN,
    })),
    ...(histogram?.dataPoints ?? []).flatMap((point) => {
      const attributes = attributesOf(point.attributes)
      return [
        { name: `${name} count`, attributes, value: point.count },
        { name: `${name} sum`, attributes, value: point.sum },
      ]
    }),
  ])
}

/** Whether the client is one that disconnects: the proxy forwards only the requests of these as HTTP/1.0. */
export const isAbandoned = (attributes: Attributes) => attributes['network.protocol.version'] === '1.0'

/** The number of abandoned requests that the scraped processes have counted. */
export const countAbandoned = ({ sum }: Scrape): number =>
  sum('http_server_request_duration_seconds_count', { network_protocol_version: '1.0' })

/** Returns the samples of a scrape that only requests change, summed over the workers. */
export const requestSamplesOf = ({ families }: Scrape): Tally =>
  requestSamples(
    [...families.values()]
      .flatMap(({ samples }) => samples)
      .map(({ name, labels: { service_instance_id: _, ...labels }, value }) => [
        sampleKey(name, labels),
        value,
      ]),
  )

/** Returns the same samples of the pushes of the same processes. */
export function requestSamplesOfPushes(pushes: readonly Push[], { series }: Scrape): Tally {
  const scraped = new Set(series('target_info').map(({ labels }) => labels.service_instance_id))
  const ofScraped = pushes.filter((push) => instancesOf(push).some((instance) => scraped.has(instance)))
  return requestSamples(ofScraped.flatMap((push) => [...samplesOf(push)]))
}

/** Rounds, because each reader sums seconds in its own order. */
function requestSamples(samples: [key: string, value: number][]): Tally {
  const ofRequests = samples
    .filter(([key]) => /^(http_server|microposts)_/.test(key))
    .filter(([key]) => !/^microposts_(scrape|migrations|build)_/.test(key))
  const sums = tally(
    ofRequests,
    ([key]) => key,
    ([, value]) => value,
  )
  return new Map([...sums].map(([key, value]) => [key, Number(value.toPrecision(10))]))
}
