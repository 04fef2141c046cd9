import { spawnSync } from 'node:child_process'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DataPoint, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { requireProgram } from '../../../harness/programs/find.ts'
import type { Sample } from '../../../harness/telemetry/exposition-parser.ts'
import {
  type AnyMetric,
  anyMetric,
  anyNumber,
  anyText,
  pointLabel,
  recordAll,
} from './support/any-metrics.ts'
import { createCollected, samplesOf } from './support/collected.ts'

const strategies = [
  ['underscore_escaping_with_suffixes', 'underscores'],
  ['no_utf8_escaping_with_suffixes', 'values'],
  ['no_translation', 'allow-utf-8'],
] as const
const expositions = (['text', 'openmetrics'] as const).flatMap((format) =>
  strategies.map(([translationStrategy, escaping]) => ({ format, translationStrategy, escaping })),
)

describe.each(expositions)('an exposition of arbitrary metrics as %o', ({ format, escaping, ...options }) => {
  it('parses to every recorded value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMetric, { maxLength: 6 }), async (metrics) => {
        fc.pre(escaping === 'underscores' || !metrics.some(hasReservedName))
        const collected = createCollected({}, options)
        recordAll(collected, metrics)

        const samples = samplesOf(await collected.families(format, escaping))

        const { scopeMetrics } = await collected.source()
        for (const { scope, metrics: recorded } of scopeMetrics) {
          for (const { descriptor, dataPoints, ...metric } of recorded) {
            // OpenMetrics forbids a counter that is NaN.
            const hasNaN = format !== 'openmetrics' || !('isMonotonic' in metric && metric.isMonotonic)
            const written = dataPoints.filter(({ value }) => hasNaN || !Number.isNaN(value))
            const read = written.map(({ attributes }) =>
              samples.filter(({ labels }) => labels[pointLabel] === attributes[pointLabel]),
            )
            if (read.flat().length > 0) expect(read.map(readValue)).toEqual(written.map(expected))
            else if (written.length > 0)
              expect(collected.logs).toContainEqual(leftOut(descriptor.name, scope.name))
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('parses to any recorded text and number', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, anyNumber, async (text, description, value) => {
        const collected = createCollected({}, options)
        collected.meter().createGauge('size', { description }).record(value, { text })

        const { help, samples } = (await collected.families(format, escaping)).get('size') ?? {}

        expect(help).toBe(description.trim() ? description.toWellFormed() : 'No description.')
        expect(samples).toEqual([
          {
            name: 'size',
            labels: { otel_scope_name: 'test', ...(text && { text: text.toWellFormed() }) },
            value: value + 0,
          },
        ])
      }),
      { numRuns: 200 },
    )
  })
})

describe('promtool', () => {
  it('parses an exposition of arbitrary metrics', async (context) => {
    const promtool = requireProgram('promtool', context)
    await fc.assert(
      fc.asyncProperty(fc.array(anyMetric, { minLength: 1, maxLength: 20 }), async (metrics) => {
        const collected = createCollected()
        recordAll(collected, metrics)

        const { status, stderr } = spawnSync(promtool, ['check', 'metrics'], {
          input: await collected.exposition(),
        })

        // 3 means style, such as a name in capitals; 1 means that Prometheus cannot parse it.
        expect([0, 3], String(stderr)).toContain(status)
      }),
      { numRuns: 30 },
    )
  })

  it('accepts well-named metrics with any labels', async (context) => {
    const promtool = requireProgram('promtool', context)
    const names = fc.constantFrom(
      'http.server.request.duration',
      'microposts.post',
      'process.cpu.time',
      'queue',
    )
    const keys = fc.constantFrom('http.route', 'le', 'quantile', 'a.b', 'a_b', '1abc', '', 'otel.scope.name')
    const metric = fc.record({
      kind: fc.constantFrom('counter', 'updown', 'gauge', 'histogram'),
      name: names,
      unit: fc.constantFrom('s', 'By', '1', '{post}', 'By/s'),
      description: anyText,
      scope: fc.record({ name: anyText, version: anyText }),
      points: fc.array(fc.record({ attributes: fc.dictionary(keys, anyText), value: anyNumber })),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(metric, { minLength: 1, maxLength: 20 }), async (metrics) => {
        const collected = createCollected()
        recordAll(collected, metrics)

        const { status, stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], {
          input: await collected.exposition(),
          encoding: 'utf8',
        })

        expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' })
      }),
      { numRuns: 30 },
    )
  })

  it("parses OpenMetrics with Prometheus's own parser", async (context) => {
    const promtool = requireProgram('promtool', context)
    await fc.assert(
      fc.asyncProperty(fc.array(anyMetric, { minLength: 1, maxLength: 20 }), async (metrics) => {
        const folder = mkdtempDisposableSync(join(tmpdir(), 'exposition-'))
        onTestFinished(() => folder.remove())
        const collected = createCollected()
        recordAll(collected, metrics)
        const file = join(folder.path, 'exposition')
        // The command stores the samples, so each needs a timestamp.
        const lines = (await collected.exposition('openmetrics')).split('\n')
        writeFileSync(
          file,
          lines.map((line) => (/^[^#]/.test(line) ? `${line} 1700000000` : line)).join('\n'),
        )

        const { status, stderr } = spawnSync(
          promtool,
          ['tsdb', 'create-blocks-from', 'openmetrics', file, join(folder.path, 'blocks')],
          { encoding: 'utf8' },
        )

        expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      }),
      { numRuns: 20 },
    )
  })
})

/** Names that OpenMetrics reserves, which strategies that keep names do not change. */
function hasReservedName({ name, points }: AnyMetric): boolean {
  const keys = points.flatMap(({ attributes }) => Object.keys(attributes))
  return (
    name.includes(':') ||
    name.startsWith('_') ||
    keys.some((key) => key.startsWith('_') && key !== '__name__')
  )
}

function leftOut(instrument: string, scope: string) {
  return {
    level: 'warn',
    fields: expect.objectContaining({ instrument, scope }),
    message: expect.stringMatching(/^metric left out/),
  }
}

/** A single value, or the cumulative counts of a histogram. */
function readValue(samples: Sample[]) {
  const [first] = samples
  if (first === undefined || samples.length === 1) return first?.value
  const ending = (suffix: string) =>
    samples.filter(({ name }) => name.endsWith(suffix)).map(({ value }) => value)
  return { buckets: ending('_bucket'), count: ending('_count'), sum: ending('_sum') }
}

function expected({ value }: DataPoint<number | Histogram | ExponentialHistogram>) {
  if (typeof value === 'number') return value + 0
  if ('scale' in value) throw new Error('No instrument of this test has exponential buckets.')
  let total = 0
  const buckets = value.buckets.counts.map((count) => {
    total += count
    return total
  })
  return { buckets, count: [value.count], sum: [value.sum] }
}
