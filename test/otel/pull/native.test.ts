import { setImmediate } from 'node:timers/promises'
import { AggregationType } from '@opentelemetry/sdk-metrics'
import { describe, expect, it, onTestFinished } from 'vitest'
import { requireProgram } from '../../../harness/programs/find.ts'
import { startPrometheus } from '../../../harness/programs/prometheus.ts'
import type { FamilyMessage, HistogramMessage } from '../../../harness/telemetry/protobuf-decoder.ts'
import { until } from '../../../harness/until.ts'
import { startScraped } from './support/scraped.ts'

const advice = { explicitBucketBoundaries: [1, 10, 100] }

function histogramOf(messages: Map<string, FamilyMessage>, name: string): HistogramMessage {
  const [metric, ...others] = messages.get(name)?.metric ?? []
  if (!metric?.histogram || others.length > 0) throw new Error(`${name} is not one histogram.`)
  return metric.histogram
}

/** The number of values in all native buckets. */
function nativeTotal({ zeroCount = 0, positiveDelta = [] }: HistogramMessage): number {
  let count = 0
  let total = zeroCount
  for (const delta of positiveDelta) {
    count += delta
    total += count
  }
  return total
}

describe('native histograms', () => {
  it('share count and sum with the classic buckets of the same measurements', async () => {
    const { meter, messages } = await startScraped({ nativeHistograms: true })
    const histogram = meter.createHistogram('wait', { advice })
    for (let value = 0; value < 200; value++) histogram.record(value)

    const wait = histogramOf(await messages(), 'wait')

    expect(wait).toMatchObject({
      sampleCount: 200,
      sampleSum: 19_900,
      zeroCount: 1,
      bucket: [
        { cumulativeCount: 2, upperBound: 1 },
        { cumulativeCount: 11, upperBound: 10 },
        { cumulativeCount: 101, upperBound: 100 },
        { cumulativeCount: 200, upperBound: Infinity },
      ],
    })
    expect(nativeTotal(wait)).toBe(200)
  })

  it('do not change the text formats, and are absent without the setting', async () => {
    const [on, off] = [await startScraped({ nativeHistograms: true }), await startScraped()]
    for (const { meter } of [on, off]) meter.createHistogram('wait', { advice }).record(5)

    for (const format of ['text', 'openmetrics'] as const)
      expect((await on.families(format)).get('wait')).toEqual((await off.families(format)).get('wait'))
    expect(histogramOf(await off.messages(), 'wait')).not.toHaveProperty('schema')
  })

  it('have the measurements that the classic buckets have, even while a callback takes its time', async () => {
    const { meter, messages } = await startScraped({ nativeHistograms: true })
    const histogram = meter.createHistogram('wait', { advice })
    const attributes = { kind: 'a' }
    histogram.record(1, attributes)
    meter.createObservableGauge('size').addCallback(async (result) => {
      for (let turn = 0; turn < 5; turn++) {
        histogram.record(2, attributes)
        await setImmediate()
      }
      result.observe(1)
    })
    // In another scope, whose metrics are collected at another time.
    meter.createHistogram('other').record(1)

    const counts = []
    for (let scrape = 0; scrape < 3; scrape++) {
      const wait = histogramOf(await messages(), 'wait')
      expect(nativeTotal(wait)).toBe(wait.sampleCount)
      expect(wait.bucket?.at(-1)?.cumulativeCount).toBe(wait.sampleCount)
      counts.push(wait.sampleCount)
    }

    // The measurements of a collection are in the next one.
    expect(counts).toEqual([1, 6, 11])
  })

  it('have a sum that is not a number if a value is in no bucket', async () => {
    const { meter, messages } = await startScraped({ nativeHistograms: true })
    const histogram = meter.createHistogram('wait', { advice })
    for (const value of [5, Infinity]) histogram.record(value)

    expect(histogramOf(await messages(), 'wait')).toMatchObject({ sampleCount: 2, sampleSum: Number.NaN })
  })

  it('respect views: their names, attributes, buckets and exponential histograms', async () => {
    const { meter, messages, families } = await startScraped({
      nativeHistograms: true,
      views: [
        {
          instrumentName: 'wait',
          name: 'renamed',
          attributesProcessors: [{ process: () => ({ kind: 'all' }) }],
          aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: [7] } },
        },
        { instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
        { instrumentName: 'none', aggregation: { type: AggregationType.DROP } },
      ],
    })
    for (const name of ['wait', 'size', 'none'])
      for (const user of ['a', 'b']) meter.createHistogram(name).record(5, name === 'wait' ? { user } : {})

    const found = await messages()

    expect(histogramOf(found, 'renamed')).toMatchObject({
      sampleCount: 2,
      bucket: [{ upperBound: 7 }, { upperBound: Infinity }],
      positiveDelta: [2],
    })
    expect(histogramOf(found, 'size')).toMatchObject({ sampleCount: 2, positiveDelta: [2] })
    expect(histogramOf(found, 'size')).not.toHaveProperty('bucket')
    expect(found.has('none')).toBe(false)
    expect((await families()).get('size')?.samples.at(-2)).toMatchObject({ name: 'size_count', value: 2 })
  })

  it('are exact in a real Prometheus, one series each', async (context) => {
    const program = requireProgram('prometheus', context)
    const { meter, port } = await startScraped({ nativeHistograms: true })
    const histogram = meter.createHistogram('wait', { unit: 's', advice })
    // All of them are in the first classic bucket.
    for (let value = 1; value <= 10_000; value++) histogram.record(value / 1e6, { kind: 'a' })
    meter.createCounter('jobs').add(7)
    const prometheus = await startPrometheus(
      program,
      `scrape_configs:
  - job_name: microposts
    scrape_interval: 1s
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`,
      ['--enable-feature=native-histograms'],
    )
    onTestFinished(() => prometheus.stop())
    const values = async (expression: string) =>
      (await prometheus.query(expression)).map((result) => result.value)
    await until('a scrape', async () => (await values('up{job="microposts"}')).length > 0)

    expect(await values('up{job="microposts"}')).toEqual([1])
    for (const quantile of [0.01, 0.5, 0.95, 0.99, 1]) {
      const [value = Number.NaN] = await values(`histogram_quantile(${quantile}, wait_seconds)`)
      // 160 buckets for these values have bounds that differ by 9 %. The classic bucket would give 1 s times the quantile.
      expect(Math.abs(value / (quantile * 0.01) - 1)).toBeLessThan(0.09)
    }
    expect(await values('histogram_count(wait_seconds)')).toEqual([10_000])
    expect((await values('histogram_sum(wait_seconds)'))[0]).toBeCloseTo(50.005, 9)
    expect(await values('count({__name__=~"wait_seconds.*"})')).toEqual([1])
    expect(await values('jobs_total')).toEqual([7])
    expect(await values('count(target_info{service_name="microposts"})')).toEqual([1])
  })
})
