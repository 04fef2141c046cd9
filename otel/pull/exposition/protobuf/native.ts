// Converts exponential histograms to native histograms of Prometheus.
import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics'
import { reduceScale } from '../../../histograms/scale.ts'

export type Span = { offset: number; length: number }

/** Populated buckets: where they are, and each count as the difference to the one before. */
export type NativeBuckets = { spans: Span[]; deltas: number[] }

export type NativeHistogram = {
  schema: number
  zeroThreshold: number
  zeroCount: number
  negative: NativeBuckets
  positive: NativeBuckets
  /** The number of values in all buckets: infinity and NaN are in none. */
  total: number
}

const [minSchema, maxSchema] = [-4, 8]

/** The specification's default: the SDK's histograms have no zero threshold. */
const zeroThreshold = 1e-128

/**
 * Reduces scales above 8. Returns undefined for a scale below −4, and without a sum, which native histograms require.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#exponential-histograms
 */
export function toNative(histogram: ExponentialHistogram): NativeHistogram | undefined {
  if (histogram.scale < minSchema || histogram.sum === undefined) return undefined
  const { scale, zeroCount, positive, negative } = reduceScale(histogram, maxSchema)
  const total = [...positive.bucketCounts, ...negative.bucketCounts].reduce(
    (sum, count) => sum + count,
    zeroCount,
  )
  return {
    // The scale of a histogram of zeros means nothing, and may be any.
    schema: scale,
    zeroThreshold,
    zeroCount,
    negative: toSpans(negative),
    positive: toSpans(positive),
    total,
  }
}

/** Prometheus numbers a bucket by its upper bound, OpenTelemetry by its lower one. */
function toSpans({ offset, bucketCounts }: ExponentialHistogram['positive']): NativeBuckets {
  const spans: Span[] = []
  const deltas: number[] = []
  let last = 0
  /** The index after the last span. */
  let end = 0
  bucketCounts.forEach((count, position) => {
    if (count === 0) return
    const index = offset + position + 1
    const span = spans.at(-1)
    if (span !== undefined && index === end) span.length++
    else spans.push({ offset: index - end, length: 1 })
    end = index + 1
    deltas.push(count - last)
    last = count
  })
  return { spans, deltas }
}
