import type { Histogram } from '@opentelemetry/sdk-metrics'
import { AggregationType } from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type FamilyMessage,
  type HistogramMessage,
  labelsOf,
  type MetricMessage,
} from '../../../harness/telemetry/protobuf-decoder.ts'
import { anyMetric, pointLabel, recordAll } from './support/any-metrics.ts'
import { createCollected } from './support/collected.ts'

/** Every histogram has exponential buckets, at most `maxSize` of each sign. */
const exponential = (maxSize?: number) => ({
  views: [
    {
      instrumentName: '*',
      aggregation: {
        type: AggregationType.EXPONENTIAL_HISTOGRAM,
        ...(maxSize && { options: { maxSize } }),
      } as const,
    },
  ],
})

/** Records values in an exponential histogram, and returns its message. */
async function recordExponential(values: number[], maxSize?: number): Promise<HistogramMessage> {
  const collected = createCollected(exponential(maxSize))
  const histogram = collected.meter().createHistogram('wait')
  for (const value of values) histogram.record(value)
  return histogramOf(await collected.messages(), 'wait')
}

function histogramOf(messages: Map<string, FamilyMessage>, name: string): HistogramMessage {
  const histogram = messages.get(name)?.metric[0]?.histogram
  if (!histogram) throw new Error(`${name} is not a histogram.`)
  return histogram
}

describe('the protobuf format', () => {
  it('has a message for each family, as an independent decoder reads it', async () => {
    const collected = createCollected()
    const meter = collected.meter('test', '1')
    const before = Math.floor(Date.now() / 1000)
    meter.createCounter('jobs', { description: 'Jobs done.' }).add(3, { kind: 'big' })
    meter.createUpDownCounter('level', { unit: 'By' }).add(-2)
    meter.createHistogram('wait', { unit: 's', advice: { explicitBucketBoundaries: [1, 2] } }).record(1.5)

    const messages = await collected.messages()

    const scope = [
      { name: 'otel_scope_name', value: 'test' },
      { name: 'otel_scope_version', value: '1' },
    ]
    const createdTimestamp = { seconds: expect.any(Number), nanos: expect.any(Number) }
    expect(Array.from(messages.values())).toEqual([
      {
        name: 'target_info',
        help: 'The resource of the metrics.',
        type: 'GAUGE',
        metric: [{ label: [{ name: 'service_name', value: 'microposts' }], gauge: { value: 1 } }],
      },
      {
        name: 'jobs_total',
        help: 'Jobs done.',
        type: 'COUNTER',
        metric: [
          { label: [{ name: 'kind', value: 'big' }, ...scope], counter: { value: 3, createdTimestamp } },
        ],
      },
      {
        name: 'level_bytes',
        help: 'No description.',
        type: 'GAUGE',
        unit: 'bytes',
        metric: [{ label: scope, gauge: { value: -2 } }],
      },
      {
        name: 'wait_seconds',
        help: 'No description.',
        type: 'HISTOGRAM',
        unit: 'seconds',
        metric: [
          {
            label: scope,
            histogram: {
              sampleCount: 1,
              sampleSum: 1.5,
              bucket: [
                { cumulativeCount: 0, upperBound: 1 },
                { cumulativeCount: 1, upperBound: 2 },
                { cumulativeCount: 1, upperBound: Infinity },
              ],
              createdTimestamp,
            },
          },
        ],
      },
    ])
    const created = messages.get('jobs_total')?.metric[0]?.counter?.createdTimestamp.seconds
    expect(created).toBeGreaterThanOrEqual(before)
    expect(created).toBeLessThanOrEqual(Date.now() / 1000)
  })

  it.each([
    ['underscore_escaping_with_suffixes', 'underscores'],
    ['no_translation', 'underscores'],
    ['no_translation', 'dots'],
    ['no_translation', 'values'],
    ['no_translation', 'allow-utf-8'],
    ['no_utf8_escaping_with_suffixes', 'allow-utf-8'],
  ] as const)('has every recorded value once, with %s and escaping %s', async (strategy, escaping) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMetric, { maxLength: 6 }), async (metrics) => {
        const collected = createCollected({}, { translationStrategy: strategy })
        recordAll(collected, metrics)

        const messages = await collected.messages(escaping)

        const samples = Array.from(messages.values()).flatMap(({ metric }) => metric)
        const { scopeMetrics } = await collected.source()
        for (const { scope, metrics: recorded } of scopeMetrics) {
          for (const { descriptor, dataPoints } of recorded) {
            for (const { attributes, value } of dataPoints) {
              const found = samples.filter(
                (sample) => labelsOf(sample)[pointLabel] === attributes[pointLabel],
              )
              if (found.length > 0) expect(found.map(readValue)).toEqual([expected(value)])
              else
                expect(collected.logs).toContainEqual(
                  expect.objectContaining({
                    fields: expect.objectContaining({ instrument: descriptor.name, scope: scope.name }),
                  }),
                )
            }
          }
        }
        if (escaping === 'allow-utf-8') return
        const names = [...messages.keys(), ...samples.flatMap((sample) => Object.keys(labelsOf(sample)))]
        for (const name of names) expect(name).toMatch(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/)
      }),
      { numRuns: 100 },
    )
  })
})

describe('an exponential histogram in the protobuf format', () => {
  // https://prometheus.io/docs/specs/native_histograms/#buckets
  it('has the spans and deltas of the specification’s example', async () => {
    // Bucket i has the values above 2^(i-1), up to 2^i.
    const populations = { '-2': 3, '-1': 5, 2: 1, 4: 3, 5: 2 }
    const values = Object.entries(populations).flatMap(([index, count]) =>
      Array.from({ length: count }, () => 2 ** Number(index)),
    )

    const histogram = await recordExponential([...values, 0, 0], 8)

    expect(histogram).toMatchObject({
      sampleCount: 16,
      schema: 0,
      zeroThreshold: 1e-128,
      zeroCount: 2,
      positiveSpan: [
        { offset: -2, length: 2 },
        { offset: 2, length: 1 },
        { offset: 1, length: 2 },
      ],
      positiveDelta: [3, 2, -4, 2, -1],
    })
    expect(histogram).not.toHaveProperty('bucket')
    expect(histogram).not.toHaveProperty('negativeSpan')
  })

  it.each([1, 1.0001, 0.0042, 3e9, 1e-100])('reduces its scale to 8 for the value %d', async (value) => {
    const { schema, positiveSpan, positiveDelta } = await recordExponential([value])

    expect({ schema, positiveDelta }).toEqual({ schema: 8, positiveDelta: [1] })
    const index = positiveSpan?.[0]?.offset ?? Number.NaN
    expect(2 ** (index / 256)).toBeGreaterThanOrEqual(value * (1 - 1e-12))
    expect(2 ** ((index - 1) / 256)).toBeLessThan(value)
  })

  it.each([
    ['no value', [Number.NaN], 0],
    ['zeros only', [0, 0], 2],
  ])('has a span of no buckets for %s', async (_, values, zeroCount) => {
    const histogram = await recordExponential(values)

    expect(histogram).toMatchObject({
      sampleCount: zeroCount,
      zeroCount,
      positiveSpan: [{ offset: 0, length: 0 }],
    })
    expect(histogram).not.toHaveProperty('positiveDelta')
  })

  it('has classic buckets below scale −4', async () => {
    const histogram = await recordExponential([1e-300, 1, 1e300], 2)

    expect(histogram).not.toHaveProperty('schema')
    expect(histogram.bucket?.at(-1)).toEqual({ cumulativeCount: 3, upperBound: Infinity })
  })

  it('has classic buckets if it has no sum, which native ones require', async () => {
    const collected = createCollected(exponential())
    collected.meter().createGauge('level').record(-3)

    const histogram = histogramOf(await collected.messages(), 'level')

    expect(histogram).not.toHaveProperty('schema')
    expect(histogram).toMatchObject({ sampleCount: 1, sampleSum: Number.NaN })
  })
})

function readValue({ gauge, counter, histogram }: MetricMessage) {
  if (!histogram) return gauge?.value ?? counter?.value
  const { bucket = [], sampleCount, sampleSum } = histogram
  return { buckets: bucket.map(({ cumulativeCount }) => cumulativeCount), count: sampleCount, sum: sampleSum }
}

function expected(value: unknown) {
  if (typeof value === 'number') return value
  const { buckets, count, sum } = value as Histogram
  let total = 0
  return { buckets: buckets.counts.map((one) => (total += one)), count, sum }
}
