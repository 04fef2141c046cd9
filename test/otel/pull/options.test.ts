import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationType } from '@opentelemetry/sdk-metrics'
import { describe, expect, it } from 'vitest'
import { createCollected } from './support/collected.ts'

describe('without scope labels', () => {
  const collect = (options = {}) => createCollected(options, { scopeInfo: false, targetInfo: false })

  it('adds counters, and takes the latest value of gauges', async () => {
    const collected = collect()
    for (const [scope, value] of [
      ['one', 1],
      ['two', 2],
    ] as const) {
      const meter = collected.meter(scope, '1', { schemaUrl: 'https://example.org/1' })
      meter.createCounter('jobs').add(value, { kind: 'big' })
      meter.createUpDownCounter('level').add(value)
      meter.createGauge('size').record(value)
    }

    expect((await collected.exposition()).split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      'jobs_total{kind="big"} 3',
      'level 3',
      'size 2',
      '',
    ])
  })

  it('adds histograms, at the bounds that both have', async () => {
    const collected = collect()
    for (const [scope, explicitBucketBoundaries] of [
      ['one', [1, 2, 5]],
      ['two', [1, 3, 5, 10]],
    ] as const) {
      const advice = { explicitBucketBoundaries: [...explicitBucketBoundaries] }
      const histogram = collected.meter(scope).createHistogram('wait', { advice })
      for (const value of [0.5, 2.5, 7]) histogram.record(value)
    }

    expect((await collected.exposition()).split('\n').filter((line) => line.startsWith('wait'))).toEqual([
      'wait_bucket{le="1.0"} 2',
      'wait_bucket{le="5.0"} 4',
      'wait_bucket{le="+Inf"} 6',
      'wait_count 6',
      'wait_sum 20',
    ])
  })

  it('adds exponential histograms, at the coarser scale', async () => {
    const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 4 } } as const
    const collected = collect({ views: [{ instrumentName: 'wait', aggregation }] })
    for (const value of [1, 2, 4, 8]) collected.meter('one').createHistogram('wait').record(value)
    for (const value of [0, 0.25, 64]) collected.meter('two').createHistogram('wait').record(value)

    const histogram = (await collected.messages()).get('wait')?.metric[0]?.histogram

    // Buckets of scale −2 end at powers of 16.
    expect(histogram).toMatchObject({
      sampleCount: 7,
      sampleSum: 79.25,
      schema: -2,
      zeroCount: 1,
      positiveSpan: [{ offset: 0, length: 3 }],
    })
  })
})

describe('scope labels', () => {
  it('include the schema URL, and attributes that do not replace the others', async () => {
    const collected = createCollected({}, { targetInfo: false })
    collected.meter('one', '1', { schemaUrl: 'https://example.org/1' }).createCounter('jobs').add(1)
    const source = await collected.source()
    // A producer of metrics may give its scopes attributes; the SDK has none.
    for (const { scope } of source.scopeMetrics) Object.assign(scope, { attributes: { name: 'x', 'a.b': 1 } })

    const [sample] = (await collected.families()).get('jobs_total')?.samples ?? []

    expect(sample?.labels).toEqual({
      otel_scope_name: 'one',
      otel_scope_version: '1',
      otel_scope_schema_url: 'https://example.org/1',
      otel_scope_a_b: '1',
    })
  })
})

describe('target_info', () => {
  it('can be left out, and then a metric may have its name', async () => {
    const collected = createCollected({}, { targetInfo: false })
    collected.meter().createGauge('target.info').record(5)

    for (const format of ['text', 'openmetrics'] as const)
      expect(Array.from((await collected.families(format)).values())).toMatchObject([
        { name: 'target_info', type: 'gauge', samples: [{ value: 5 }] },
      ])
  })
})

describe('resource attributes as labels', () => {
  const resource = resourceFromAttributes({
    'service.name': 'microposts',
    'service.version': '1',
    'host.name': 'a',
  })

  it.each([
    [
      { included: ['service.*'], excluded: [] },
      { service_name: 'microposts', service_version: '1' },
    ],
    [{ included: ['service.*'], excluded: ['*.version'] }, { service_name: 'microposts' }],
    [
      { included: [], excluded: ['service.????'] },
      { service_version: '1', host_name: 'a' },
    ],
    [undefined, {}],
  ])('are those that %j selects', async (resourceLabels, labels) => {
    const collected = createCollected({ resource }, { resourceLabels, scopeInfo: false })
    collected.meter().createGauge('size').record(1)

    const families = await collected.families()

    expect(families.get('size')?.samples[0]?.labels).toEqual(labels)
    expect(families.get('target_info')?.samples[0]?.labels).toEqual({
      service_name: 'microposts',
      service_version: '1',
      host_name: 'a',
    })
  })

  it('are joined with attributes that become the same label', async () => {
    const resourceLabels = { included: ['host.name'], excluded: [] }
    const collected = createCollected({ resource }, { resourceLabels, scopeInfo: false })
    collected.meter().createGauge('size').record(1, { host_name: 'b', 'host.name': 'c' })

    const [sample] = (await collected.families()).get('size')?.samples ?? []

    expect(sample?.labels).toEqual({ host_name: 'c;a;b' })
  })
})
