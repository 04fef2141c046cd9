// Writes families as protobuf messages of the type io.prometheus.client.MetricFamily.
// https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
import type { HrTime } from '@opentelemetry/api'
import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics'
import type { Family } from '../families.ts'
import type { Labels } from '../labels.ts'
import { type AnyHistogram, isExponential } from '../merge.ts'
import { type Series, seriesOf } from '../series.ts'
import { bucketsOf, toFixedBuckets } from '../values.ts'
import { createEncoder, type Encoder } from './encoder.ts'
import { type NativeBuckets, type NativeHistogram, toNative } from './native.ts'

const types = { counter: 0, gauge: 1, histogram: 4 } as const

/** Writes families, and the info metric of the resource; yields between series, so that the caller can let other work run. */
export function createProtobufWriter() {
  const encoder = createEncoder()
  return {
    info: (name: string, help: string, labels: Labels[]) => infoBytes(encoder, name, help, labels),
    family: (family: Family) => familyBytes(encoder, family),
  }
}

/** Yields the message, with its length in front, when it is complete. */
function* familyBytes(encoder: Encoder, family: Family): Generator<Buffer | undefined> {
  const series = yield* seriesOf(family)
  if (family.unit) encoder.text(5, family.unit)
  for (const one of series.reverse()) {
    writeMetric(encoder, family, one)
    yield
  }
  yield finish(encoder, family.sample, family.type, family.help)
}

/** A gauge of 1 for each set of labels: the format has no info metrics. */
function infoBytes(encoder: Encoder, name: string, help: string, labels: Labels[]): Buffer {
  for (const one of labels.toReversed()) {
    const end = encoder.written()
    writeNumber(encoder, 2, 1)
    writeLabels(encoder, one)
    encoder.message(4, end)
  }
  return finish(encoder, name, 'gauge', help)
}

function finish(encoder: Encoder, name: string, type: keyof typeof types, help: string): Buffer {
  encoder.uint(3, types[type])
  encoder.text(2, help)
  encoder.text(1, name)
  encoder.delimit()
  return encoder.take()
}

function writeMetric(encoder: Encoder, { type }: Family, { labels, value, startTime, native }: Series) {
  const end = encoder.written()
  if (typeof value !== 'number') writeHistogram(encoder, value, native, startTime)
  else if (type === 'counter') writeNumber(encoder, 3, value, startTime)
  else writeNumber(encoder, 2, value)
  writeLabels(encoder, labels)
  encoder.message(4, end)
}

/** A gauge or a counter. */
function writeNumber(encoder: Encoder, field: number, value: number, startTime?: HrTime) {
  const end = encoder.written()
  if (startTime) writeTime(encoder, 3, startTime)
  encoder.double(1, value)
  encoder.message(field, end)
}

/** A histogram has classic buckets, unless it is exponential itself, and native ones, if they are known. */
function writeHistogram(
  encoder: Encoder,
  value: AnyHistogram,
  other: ExponentialHistogram | undefined,
  startTime: HrTime,
) {
  const end = encoder.written()
  const exponential = isExponential(value) ? value : other
  const native = exponential && toNative(exponential)
  writeTime(encoder, 15, startTime)
  if (native) writeNative(encoder, native)
  if (!isExponential(value) || !native) writeBuckets(encoder, value)
  // Prometheus requires the count to be the total of the native buckets, unless the sum is NaN.
  const isComplete = native === undefined || native.total === value.count
  encoder.double(2, isComplete ? (value.sum ?? Number.NaN) : Number.NaN)
  encoder.uint(1, isComplete ? value.count : Math.max(value.count, native.total))
  encoder.message(7, end)
}

function writeBuckets(encoder: Encoder, value: AnyHistogram) {
  const { buckets, count } = isExponential(value) ? toFixedBuckets(value) : value
  const bounds = bucketsOf(buckets.boundaries)
  let total = count
  let index = buckets.counts.length - 1
  for (let position = bounds.length - 1; position >= 0; position--) {
    const bucket = bounds[position]
    if (bucket === undefined) continue
    while (index > bucket.upTo) total -= buckets.counts[index--] ?? 0
    const end = encoder.written()
    encoder.double(2, bucket.bound)
    encoder.uint(1, total)
    encoder.message(3, end)
  }
}

function writeNative(encoder: Encoder, native: NativeHistogram) {
  writeNativeBuckets(encoder, 12, native.positive)
  // Without a span, the histogram could not be distinguished from a classic one.
  if (native.positive.spans.length === 0) writeSpan(encoder, 12, 0, 0)
  writeNativeBuckets(encoder, 9, native.negative)
  encoder.uint(7, native.zeroCount)
  encoder.double(6, native.zeroThreshold)
  encoder.sint(5, native.schema)
}

/** The field of the deltas follows that of the spans. */
function writeNativeBuckets(encoder: Encoder, field: number, { spans, deltas }: NativeBuckets) {
  for (const delta of deltas.toReversed()) encoder.sint(field + 1, delta)
  for (const { offset, length } of spans.toReversed()) writeSpan(encoder, field, offset, length)
}

function writeSpan(encoder: Encoder, field: number, offset: number, length: number) {
  const end = encoder.written()
  encoder.uint(2, length)
  encoder.sint(1, offset)
  encoder.message(field, end)
}

function writeTime(encoder: Encoder, field: number, [seconds, nanoseconds]: HrTime) {
  const end = encoder.written()
  encoder.uint(2, nanoseconds)
  encoder.uint(1, seconds)
  encoder.message(field, end)
}

/** Labels are encoded once, because they stay the same in every scrape. */
function writeLabels(encoder: Encoder, labels: Labels) {
  if (labels.bytes) return encoder.bytes(labels.bytes)
  const before = encoder.written()
  for (const [name, value] of labels.pairs.toReversed()) {
    const end = encoder.written()
    encoder.text(2, value)
    encoder.text(1, name)
    encoder.message(1, end)
  }
  labels.bytes = encoder.copySince(before)
}
