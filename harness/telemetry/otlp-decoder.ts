// Decodes OTLP pushes with the code that protobufjs generated from the protocol's .proto files. Only older versions of
// otlp-transformer contain that code.
import { createRequire } from 'node:module'

type Value = { stringValue?: string; boolValue?: boolean; intValue?: number; doubleValue?: number }
type Attribute = { key: string; value: Value }
type Point = { attributes: Attribute[]; asDouble?: number; asInt?: number }
type Bucketed = Point & { count: number; sum: number; bucketCounts: number[]; explicitBounds: number[] }
type Buckets = { offset: number; bucketCounts: number[] }
type Exponential = Point & {
  count: number
  sum: number
  scale: number
  zeroCount: number
  positive: Buckets
  min?: number
  max?: number
}
type Metric = {
  name: string
  unit: string
  description: string
  gauge?: { dataPoints: Point[] }
  sum?: { dataPoints: Point[]; isMonotonic: boolean; aggregationTemporality: number }
  histogram?: { dataPoints: Bucketed[]; aggregationTemporality: number }
  exponentialHistogram?: { dataPoints: Exponential[]; aggregationTemporality: number }
}
type ScopeMetrics = { scope: { name: string; version: string }; metrics: Metric[] }
export type Push = {
  resourceMetrics: { resource: { attributes: Attribute[] }; scopeMetrics: ScopeMetrics[] }[]
}

type Message = {
  decode(bytes: Uint8Array): unknown
  fromObject(object: unknown): unknown
  toObject(message: unknown, options: object): Push
}

const root = createRequire(import.meta.url)('otlp-transformer-decoder/build/src/generated/root.js')
const message: Message = root.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest
const options = { longs: Number, defaults: true }

export const decodeProtobuf = (bytes: Uint8Array): Push => message.toObject(message.decode(bytes), options)

export const decodeJson = (bytes: Uint8Array): Push =>
  message.toObject(message.fromObject(JSON.parse(Buffer.from(bytes).toString())), options)

/** Converts attributes to a plain object of strings. */
export const attributesOf = (attributes: Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]))

/** Returns every metric of a push, with its scope. */
export const metricsOf = (push: Push) =>
  push.resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, metrics }) => metrics.map((metric) => ({ ...metric, scope }))),
  )

/**
 * Converts a push to the samples that Prometheus would have, by `sampleKey`: names get their unit, dots become
 * underscores, buckets become cumulative
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/).
 */
export function samplesOf(push: Push): Map<string, number> {
  const samples = new Map<string, number>()
  for (const { scope, ...metric } of metricsOf(push)) {
    const labels = { otel_scope_name: scope.name, otel_scope_version: scope.version }
    const name = prometheusName(metric)
    for (const point of metric.sum?.dataPoints ?? metric.gauge?.dataPoints ?? [])
      samples.set(
        sampleKey(name, { ...labelsOf(point), ...labels }),
        point.asDouble ?? point.asInt ?? Number.NaN,
      )
    for (const point of metric.histogram?.dataPoints ?? []) {
      const all = { ...labelsOf(point), ...labels }
      samples.set(sampleKey(`${name}_count`, all), point.count)
      samples.set(sampleKey(`${name}_sum`, all), point.sum)
      let count = 0
      for (const [i, more] of point.bucketCounts.entries()) {
        count += more
        samples.set(
          sampleKey(`${name}_bucket`, { ...all, le: String(point.explicitBounds[i] ?? Infinity) }),
          count,
        )
      }
    }
  }
  return samples
}

/** Returns a key that depends neither on the order of the labels nor on the notation of `le`. */
export function sampleKey(name: string, labels: Record<string, string>): string {
  const le = labels.le && { le: String(Number(labels.le.replace('+Inf', 'Infinity'))) }
  return `${name}${JSON.stringify(Object.entries({ ...labels, ...le }).sort())}`
}

const unitSuffixes: Record<string, string> = { s: '_seconds', By: '_bytes' }

function prometheusName({ name, unit, sum, gauge }: Metric): string {
  const suffix = unitSuffixes[unit] ?? (unit === '1' && gauge ? '_ratio' : '')
  return `${name.replaceAll('.', '_')}${suffix}${sum?.isMonotonic ? '_total' : ''}`
}

const labelsOf = ({ attributes }: Point) =>
  Object.fromEntries(
    Object.entries(attributesOf(attributes)).map(([key, value]) => [key.replaceAll('.', '_'), value]),
  )
