import { describe, expect, it } from 'vitest'
import type { TranslationStrategy } from '../../../otel/config/types.ts'
import type { Escaping } from '../../../otel/pull/exposition/formats.ts'
import { createCollected, samplesOf } from './support/collected.ts'

/** Records a counter `foo.bar` with unit By, and returns what a scrape would have. */
function collect(strategy: TranslationStrategy) {
  const collected = createCollected({}, { translationStrategy: strategy, targetInfo: false })
  collected.meter().createCounter('foo.bar', { unit: 'By' }).add(1, { 'http.route': '/' })
  return collected
}

const strategies = [
  'underscore_escaping_with_suffixes',
  'underscore_escaping_without_suffixes',
  'no_utf8_escaping_with_suffixes',
  'no_translation',
] as const

describe('the name of a counter foo.bar with unit By', () => {
  // The table of the specification, and the same for the two other escapings.
  // https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/#interaction-with-translation-strategy
  it.each([
    [strategies[0], 'underscores', 'foo_bar_bytes_total'],
    [strategies[0], 'allow-utf-8', 'foo_bar_bytes_total'],
    [strategies[0], 'dots', 'foo__bar__bytes__total'],
    [strategies[0], 'values', 'foo_bar_bytes_total'],
    [strategies[1], 'underscores', 'foo_bar'],
    [strategies[1], 'allow-utf-8', 'foo_bar'],
    [strategies[1], 'dots', 'foo__bar'],
    [strategies[1], 'values', 'foo_bar'],
    [strategies[2], 'underscores', 'foo_bar_bytes_total'],
    [strategies[2], 'allow-utf-8', 'foo.bar_bytes_total'],
    [strategies[2], 'dots', 'foo_dot_bar__bytes__total'],
    [strategies[2], 'values', 'U__foo_2e_bar__bytes__total'],
    [strategies[3], 'underscores', 'foo_bar'],
    [strategies[3], 'allow-utf-8', 'foo.bar'],
    [strategies[3], 'dots', 'foo_dot_bar'],
    [strategies[3], 'values', 'U__foo_2e_bar'],
  ] as const)('with %s and escaping %s is %s, in every format', async (strategy, escaping, name) => {
    const collected = collect(strategy)

    const text = await collected.families('text', escaping)
    const openMetrics = await collected.families('openmetrics', escaping)
    const messages = await collected.messages(escaping)

    expect(Array.from(text.keys())).toEqual([name])
    expect(text.get(name)?.type).toBe('counter')
    expect(Array.from(messages.keys())).toEqual([name])
    expect(messages.get(name)?.type).toBe('COUNTER')
    const [family] = openMetrics.values()
    expect(family?.samples.map((sample) => sample.name)).toEqual([name])
    // OpenMetrics requires the suffix on the samples of a counter.
    expect(family).toMatchObject(
      name.endsWith('_total') ? { name: name.slice(0, -6), type: 'counter' } : { name, type: 'unknown' },
    )
  })
})

it.each([strategies[1], strategies[3]])(
  'with %s, counters a_total and a are not one family',
  async (strategy) => {
    const collected = createCollected({}, { translationStrategy: strategy, targetInfo: false })
    collected.meter().createCounter('a_total').add(1)
    collected.meter().createCounter('a').add(2)

    const [family, ...others] = (await collected.families('openmetrics', 'underscores')).values()
    expect(family).toMatchObject({ name: 'a', type: 'counter', samples: [{ name: 'a_total', value: 1 }] })
    // OpenMetrics names the family of a_total `a`, so that name is taken.
    expect(others).toEqual([])
  },
)

describe('label names', () => {
  it.each([
    [strategies[0], 'allow-utf-8', 'http_route'],
    [strategies[1], 'allow-utf-8', 'http_route'],
    [strategies[2], 'allow-utf-8', 'http.route'],
    [strategies[3], 'allow-utf-8', 'http.route'],
    [strategies[3], 'underscores', 'http_route'],
    [strategies[3], 'dots', 'http_dot_route'],
    [strategies[3], 'values', 'U__http_2e_route'],
  ] as const)('with %s and escaping %s are like %s', async (strategy, escaping, label) => {
    const [sample] = samplesOf(await collect(strategy).families('text', escaping))
    expect(Object.keys(sample?.labels ?? {})).toContain(label)
  })

  it('are joined when keys become the same only by escaping', async () => {
    const collected = createCollected({}, { translationStrategy: 'no_translation' })
    collected.meter().createGauge('size').record(1, { a_b: 'under', 'a.b': 'dot' })

    const labelsOf = async (escaping: Escaping) =>
      (await collected.families('text', escaping)).get('size')?.samples[0]?.labels

    expect(await labelsOf('allow-utf-8')).toEqual({ a_b: 'under', 'a.b': 'dot', otel_scope_name: 'test' })
    expect(await labelsOf('underscores')).toEqual({ a_b: 'dot;under', otel_scope_name: 'test' })
  })

  it('that Prometheus reserves are renamed, and others are kept', async () => {
    const collected = createCollected({}, { translationStrategy: 'no_translation' })
    collected
      .meter()
      .createGauge('size')
      .record(1, { le: '1', __name__: '2', ' ': '3', '"\\\n': '4', '': '5' })

    const [sample] = (await collected.families('text', 'allow-utf-8')).get('size')?.samples ?? []

    expect(sample?.labels).toEqual({
      exported_le: '1',
      exported___name__: '2',
      ' ': '3',
      '"\\\n': '4',
      key_: '5',
      otel_scope_name: 'test',
    })
  })
})

describe('escaping', () => {
  it.each([
    ['metric.name/with/slashes', 'underscores', 'metric_name_with_slashes'],
    ['metric.name.with.dots', 'dots', 'metric_dot_name_dot_with_dot_dots'],
    ['metric.name', 'values', 'U__metric_2e_name'],
    ['a_b', 'values', 'a_b'],
    ['a_b.c', 'values', 'U__a__b_2e_c'],
    ['a_b/c', 'dots', 'a__b__c'],
    ['1a', 'underscores', '_a'],
    ['1a', 'values', 'U___31_a'],
    ['花🐘', 'values', 'U___82b1__1f418_'],
    ['花🐘', 'underscores', '__'],
    ['a:b', 'values', 'a:b'],
  ] as const)('of %s by %s is %s', async (name, escaping, escaped) => {
    const collected = createCollected({}, { translationStrategy: 'no_translation', targetInfo: false })
    collected.meter().createGauge(name).record(1)

    expect((await collected.exposition('text', escaping)).split(' ')[2]).toBe(escaped)
  })

  it('quotes names with other characters, in all text formats', async () => {
    const collected = createCollected({}, { translationStrategy: 'no_translation', targetInfo: false })
    const meter = collected.meter()
    meter.createGauge('foo.bar').record(1)
    meter.createGauge('a"\\\nb').record(2, { 'c.d': 'e' })
    meter.createHistogram('wait.time', { advice: { explicitBucketBoundaries: [1] } }).record(3)

    expect(await collected.exposition('text', 'allow-utf-8')).toBe(
      [
        '# TYPE "foo.bar" gauge',
        '# HELP "foo.bar" No description.',
        '{"foo.bar",otel_scope_name="test"} 1',
        '# TYPE "a\\"\\\\\\nb" gauge',
        '# HELP "a\\"\\\\\\nb" No description.',
        '{"a\\"\\\\\\nb","c.d"="e",otel_scope_name="test"} 2',
        '# TYPE "wait.time" histogram',
        '# HELP "wait.time" No description.',
        '{"wait.time_bucket",otel_scope_name="test",le="1.0"} 0',
        '{"wait.time_bucket",otel_scope_name="test",le="+Inf"} 1',
        '{"wait.time_count",otel_scope_name="test"} 1',
        '{"wait.time_sum",otel_scope_name="test"} 3',
        '',
      ].join('\n'),
    )
  })

  it.each(['underscores', 'dots', 'values', 'allow-utf-8'] as const)(
    'keeps families apart whose names become the same by %s',
    async (escaping) => {
      const collected = createCollected({}, { translationStrategy: 'no_translation', targetInfo: false })
      collected.meter().createGauge('a.b').record(1)
      collected.meter('other').createHistogram('a_b').record(2)

      const families = await collected.families('text', escaping)

      expect(families.size).toBe(escaping === 'underscores' ? 1 : 2)
      expect(collected.logs).toHaveLength(2 - families.size)
    },
  )
})
