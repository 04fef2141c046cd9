import type { Meter } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationType } from '@opentelemetry/sdk-metrics'
import { describe, expect, it } from 'vitest'
import { parseExposition } from '../../../harness/telemetry/exposition-parser.ts'
import { createCollected, createDefaultWriter, samplesOf } from './support/collected.ts'

const defaults = { format: 'text', escaping: 'underscores' } as const
type Collected = ReturnType<typeof createCollected>

const record: Record<string, (meter: Meter, name: string, unit: string) => void> = {
  counter: (meter, name, unit) => meter.createCounter(name, { unit }).add(1),
  updown: (meter, name, unit) => meter.createUpDownCounter(name, { unit }).add(1),
  gauge: (meter, name, unit) => meter.createGauge(name, { unit }).record(1),
  histogram: (meter, name, unit) => meter.createHistogram(name, { unit }).record(1),
}

describe('the name of a metric', () => {
  it.each([
    ['histogram', 'http.server.request.duration', 's', 'http_server_request_duration_seconds', 'seconds'],
    ['histogram', 'http.server.request.body.size', 'By', 'http_server_request_body_size_bytes', 'bytes'],
    ['counter', 'microposts.post.created', '{post}', 'microposts_post_created', undefined],
    ['counter', 'process.cpu.time', 's', 'process_cpu_time_seconds', 'seconds'],
    ['counter', 'jobs_total', '', 'jobs', undefined],
    ['counter', 'io.total', 'By', 'io_bytes', 'bytes'],
    ['counter', 'total', '', 'total', undefined],
    ['counter', 'a.total.of', '1', 'a_total_of', undefined],
    ['updown', 'db.client.connection.count', '{connection}', 'db_client_connection_count', undefined],
    ['updown', 'utilization', '1', 'utilization', undefined],
    ['gauge', 'nodejs.eventloop.utilization', '1', 'nodejs_eventloop_utilization_ratio', 'ratio'],
    ['gauge', 'hit.ratio', '1', 'hit_ratio', 'ratio'],
    ['gauge', 'seconds.waited', 's', 'seconds_waited', undefined],
    ['gauge', 'network.io', 'By/s', 'network_io_bytes_per_second', 'bytes_per_second'],
    ['gauge', 'network.bytes', 'By/s', 'network_bytes_per_second', 'bytes_per_second'],
    ['gauge', 'rate', '{request}/min', 'rate_per_minute', 'per_minute'],
    ['gauge', 'rate_per_second', '{request}/s', 'rate_per_second', 'per_second'],
    ['gauge', 'load', '%', 'load_percent', 'percent'],
    ['gauge', 'odd', 'constructor', 'odd_constructor', 'constructor'],
    ['gauge', 'odd', '{a', 'odd_a', 'a'],
    ['gauge', '2xx', '', '_2xx', undefined],
    ['gauge', '__a--b/ç..c:d__', '', 'a_b_c_d', undefined],
  ])('of a %s %s with unit %j is %s', async (kind, name, unit, base, unitLine) => {
    const collected = createCollected()
    record[kind]?.(collected.meter(), name, unit)

    const text = await collected.families('text')
    const openmetrics = await collected.families('openmetrics')

    expect(Array.from(text.keys())).toEqual(['target_info', kind === 'counter' ? `${base}_total` : base])
    expect(Array.from(openmetrics.keys())).toEqual(['target', base])
    expect(openmetrics.get(base)?.unit).toBe(unitLine)
    expect(openmetrics.get(base)?.type).toBe(kind === 'updown' ? 'gauge' : kind)
  })

  it('without a letter or digit leaves the metric out, with one log line', async () => {
    const collected = createCollected()
    record.gauge?.(collected.meter(), '…', '')

    await collected.exposition()
    const families = await collected.families()

    expect(Array.from(families.keys())).toEqual(['target_info'])
    expect(collected.logs).toEqual([
      {
        level: 'warn',
        fields: { instrument: '…', scope: 'test' },
        message: 'metric left out: no letter or digit in its name',
      },
    ])
  })
})

describe('metric families', () => {
  it('join metrics with the same name from several scopes', async () => {
    const collected = createCollected()
    collected.meter('a', '1').createCounter('jobs').add(1)
    collected.meter('b').createCounter('jobs_total', { description: 'Jobs done.' }).add(2)

    const families = await collected.families()

    expect(families.get('jobs_total')).toEqual({
      name: 'jobs_total',
      type: 'counter',
      help: 'Jobs done.',
      samples: [
        { name: 'jobs_total', labels: { otel_scope_name: 'a', otel_scope_version: '1' }, value: 1 },
        { name: 'jobs_total', labels: { otel_scope_name: 'b' }, value: 2 },
      ],
    })
  })

  it.each([
    ['whose name has another type', 'queue', (meter: Meter) => meter.createHistogram('queue').record(1)],
    [
      'whose samples belong to another family',
      'wait.count',
      (meter: Meter) => meter.createGauge('wait.count').record(1),
    ],
    [
      'with the name of target_info',
      'target.info',
      (meter: Meter) => meter.createGauge('target.info').record(1),
    ],
  ])('leave out a metric %s, with one log line', async (_, instrument, recordOther) => {
    const collected = createCollected()
    collected.meter().createCounter('queue').add(1)
    collected.meter().createHistogram('wait').record(1)
    recordOther(collected.meter('other'))

    await collected.exposition()
    const families = await collected.families()

    expect(Array.from(families.keys())).toEqual(['target_info', 'queue_total', 'wait'])
    expect(collected.logs).toMatchObject([{ level: 'warn', fields: { instrument, scope: 'other' } }])
  })

  it('contain several processes, each series with the labels of its process', async () => {
    const [one, two] = ['1', '2'].map((id) =>
      createCollected({ resource: resourceFromAttributes({ 'service.instance.id': id }) }),
    ) as [Collected, Collected]
    one.meter().createCounter('jobs').add(1, { 'service.instance.id': 'x' })
    two.meter().createCounter('jobs').add(2)
    const sources = [await one.source(), await two.source()]

    const text = await createDefaultWriter().write(sources, { ...defaults, labelInstances: true })

    expect(samplesOf(parseExposition(text.toString(), 'text'))).toEqual([
      { name: 'target_info', labels: { service_instance_id: '1' }, value: 1 },
      { name: 'target_info', labels: { service_instance_id: '2' }, value: 1 },
      { name: 'jobs_total', labels: { service_instance_id: 'x;1' }, value: 1 },
      { name: 'jobs_total', labels: { service_instance_id: '2' }, value: 2 },
    ])
  })

  it('use the current labels of a process', async () => {
    const collected = createCollected({ resource: resourceFromAttributes({ 'service.instance.id': '1' }) })
    collected.meter().createCounter('jobs').add(1)
    const exposition = createDefaultWriter()
    const alone = await collected.source()
    await exposition.write([alone], defaults)

    const text = await exposition.write([alone], { ...defaults, labelInstances: true })

    expect(samplesOf(parseExposition(text.toString(), 'text'))).toContainEqual({
      name: 'jobs_total',
      labels: { service_instance_id: '1' },
      value: 1,
    })
  })
})

describe('labels', () => {
  it.each([
    ['joined when keys become the same label', { a_b: 'under', 'a.b': 'dot' }, { a_b: 'dot;under' }],
    [
      'renamed when histograms reserve them',
      { le: '1', quantile: '2' },
      { exported_le: '1', exported_quantile: '2' },
    ],
    ['joined when the scope has the same', { 'otel.scope.name': 'x' }, { otel_scope_name: 'x;test' }],
    [
      'prefixed when they are reserved',
      { '1abc': 'a', _b: 'b', __name__: 'c', '': 'd' },
      { key_1abc: 'a', key_b: 'b', key_name_: 'c', key_: 'd' },
    ],
    [
      'JSON for values that are not strings',
      { a: 1.5, b: true, c: ['x', 'y'] },
      { a: '1.5', b: 'true', c: '["x","y"]' },
    ],
    ['left out when empty', { a: '', b: undefined }, {}],
    ['well-formed', { a: '\ud800"\\\n' }, { a: '\ufffd"\\\n' }],
  ])('are %s', async (_, attributes, labels) => {
    const collected = createCollected()
    collected.meter().createGauge('size').record(1, attributes)

    const families = await collected.families()

    expect(families.get('size')?.samples).toEqual([
      { name: 'size', labels: { otel_scope_name: 'test', ...labels }, value: 1 },
    ])
  })
})

describe('series', () => {
  it.each([
    ['keys', { 'a.b': '\ufffd' }, { a_b: '\ufffd' }],
    ['values', { a_b: '\ud800' }, { a_b: '\udc00' }],
  ])('are added when their %s become the same', async (_, first, second) => {
    const collected = createCollected()
    const counter = collected.meter().createCounter('jobs')
    counter.add(1, first)
    counter.add(2, second)

    expect((await collected.families()).get('jobs_total')?.samples).toEqual([
      { name: 'jobs_total', labels: { a_b: '\ufffd', otel_scope_name: 'test' }, value: 3 },
    ])
  })
})

describe('histograms', () => {
  it('have bounds in canonical form, the same in both formats', async () => {
    const collected = createCollected()
    const advice = {
      explicitBucketBoundaries: [0, 0.00001, 0.005, 1, 1, 2.5, 100000, 1048576, 1e21, Infinity],
    }
    collected.meter().createHistogram('wait', { advice }).record(2)

    const bounds = ['0.0', '1e-05', '0.005', '1.0', '2.5', '100000.0', '1.048576e+06', '1e+21', '+Inf']
    for (const format of ['text', 'openmetrics'] as const) {
      const samples = (await collected.families(format)).get('wait')?.samples ?? []
      expect(samples.flatMap(({ labels: { le } }) => le ?? [])).toEqual(bounds)
    }
  })

  it('have no sum if it could decrease, and then no count in OpenMetrics', async () => {
    const collected = createCollected()
    const advice = { explicitBucketBoundaries: [-1, 0] }
    collected.meter().createHistogram('drift', { advice }).record(0)

    const names = async (format: 'text' | 'openmetrics') =>
      (await collected.families(format)).get('drift')?.samples.map(({ name }) => name)

    expect(await names('text')).toEqual(['drift_bucket', 'drift_bucket', 'drift_bucket', 'drift_count'])
    expect(await names('openmetrics')).toEqual(['drift_bucket', 'drift_bucket', 'drift_bucket'])
  })

  it('have buckets at powers of two for an exponential histogram', async () => {
    const collected = createCollected({
      views: [{ instrumentName: 'wait', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
    })
    const values = [0, 0.3, 0.5, 0.7, 1, 1.5, 3, 1000]
    const histogram = collected.meter().createHistogram('wait')
    for (const value of values) histogram.record(value)

    const samples = (await collected.families()).get('wait')?.samples ?? []

    const buckets = samples.filter(({ name }) => name === 'wait_bucket')
    expect(buckets.map(({ labels }) => labels.le)).toEqual(
      expect.arrayContaining(['0.0', '0.5', '1.0', '2.0', '4.0', '1024.0', '+Inf']),
    )
    for (const { labels, value } of buckets) {
      const bound = Number(labels.le?.replace('Inf', 'Infinity'))
      expect([bound, value]).toEqual([bound, values.filter((recorded) => recorded <= bound).length])
    }
    expect(samples.slice(-2).map(({ value }) => value)).toEqual([8, 1007])
  })
})
