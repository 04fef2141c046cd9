// Arbitrary instruments and measurements for property tests, including hostile ones.
import type { Attributes } from '@opentelemetry/api'
import fc from 'fast-check'
import type { createCollected } from './collected.ts'

export type Kind = 'counter' | 'updown' | 'gauge' | 'histogram'
export type AnyMetric = {
  kind: Kind
  name: string
  unit: string
  description: string
  scope: { name: string; version: string }
  points: { attributes: Attributes; value: number }[]
}

/** Any UTF-16 text, including lone surrogates, NUL, quotes, line ends and emoji. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    maxLength: 8,
  }),
  fc.string({
    unit: fc.constantFrom(
      '\\',
      '"',
      '\n',
      '\r',
      'n',
      '{',
      '}',
      ',',
      '=',
      ' ',
      '#',
      '🐘',
      '\0',
      '_',
      '.',
      '1',
    ),
    maxLength: 12,
  }),
)

export const anyNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 5e-324),
)

const anyValue = fc.oneof(
  anyText,
  anyNumber,
  fc.boolean(),
  fc.array(anyText, { maxLength: 3 }),
  fc.constant(undefined),
)

const anyKey = fc.oneof(
  anyText,
  fc.constantFrom('le', 'a.b', 'a_b', 'otel.scope.name', '__name__', 'quantile'),
)

/** The label that identifies a point. No other key may become the same label. */
export const pointLabel = 'point'

export const anyMetric: fc.Arbitrary<AnyMetric> = fc.record({
  kind: fc.constantFrom<Kind>('counter', 'updown', 'gauge', 'histogram'),
  name: fc.oneof(
    anyText,
    fc.constantFrom('http.server.duration', 'a', 'a.b', 'a_total', 'a.count', 'a.seconds'),
  ),
  unit: fc.oneof(anyText, fc.constantFrom('', 's', 'By', '1', '{post}', 'By/s', '{post}/s', '%')),
  description: anyText,
  scope: fc.record({ name: anyText, version: anyText }),
  points: fc.array(
    fc.record({
      attributes: fc.dictionary(
        anyKey.filter((key) => key !== pointLabel),
        anyValue,
        { maxKeys: 4 },
      ),
      value: anyNumber,
    }),
    { minLength: 1, maxLength: 3 },
  ),
})

/** Records metrics; each point gets a unique `point` label. */
export function recordAll(collected: ReturnType<typeof createCollected>, metrics: AnyMetric[]) {
  let point = 0
  for (const { kind, name, unit, description, scope, points } of metrics) {
    const meter = collected.meter(scope.name, scope.version)
    const options = { unit, description }
    for (const { attributes, value } of points) {
      const all = { ...attributes, [pointLabel]: String(point++) }
      if (kind === 'counter') meter.createCounter(name, options).add(value, all)
      else if (kind === 'updown') meter.createUpDownCounter(name, options).add(value, all)
      else if (kind === 'gauge') meter.createGauge(name, options).record(value, all)
      else meter.createHistogram(name, options).record(value, all)
    }
  }
}
