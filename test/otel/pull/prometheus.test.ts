import { describe, expect, it, onTestFinished } from 'vitest'
import { requireProgram } from '../../../harness/programs/find.ts'
import { startPrometheus } from '../../../harness/programs/prometheus.ts'
import { until } from '../../../harness/until.ts'
import { startScraped } from './support/scraped.ts'

/** Every problem that a label can have, except an empty value. */
const hostile = {
  'a.b': 'dot',
  a_b: 'under',
  le: 'x',
  quantile: '0.5',
  '1abc': 'digit',
  '': 'empty',
  __name__: 'other',
  'otel.scope.name': 'other',
  text: '"quoted" \\ back\nnext\r\0 🐘 \ud800',
}

describe('a real Prometheus', () => {
  it('ingests hostile labels and has the recorded values', async (context) => {
    const program = requireProgram('prometheus', context)
    const { meter, port } = await startScraped({ token: 'secret' })
    const histogram = meter.createHistogram('wait', { unit: 's', description: '"\\\n' })
    for (let time = 0; time < 100; time++) histogram.record(time * 100, hostile)
    meter.createCounter('queue').add(7, hostile)
    meter.createHistogram('queue').record(1)
    for (const value of [Number.NaN, Infinity, -Infinity, 1e-7, -0.5, 1e21]) {
      meter.createGauge('size').record(value, { value: String(value) })
    }

    const prometheus = await startPrometheus(
      program,
      `scrape_configs:
  - job_name: microposts
    scrape_interval: 1s
    authorization: { credentials: secret }
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`,
    )
    onTestFinished(() => prometheus.stop())
    const value = async (expression: string) =>
      (await prometheus.query(expression)).map((result) => result.value)
    await until('a scrape', async () => (await value('up{job="microposts"}')).length > 0)

    expect(await value('up{job="microposts"}')).toEqual([1])
    expect(await value('wait_seconds_count')).toEqual([100])
    expect(await value('histogram_quantile(0.5, wait_seconds_bucket)')).toEqual([4900])
    expect(
      Object.fromEntries((await prometheus.query('size')).map((r) => [r.metric.value, r.value])),
    ).toEqual({
      NaN: Number.NaN,
      Infinity,
      '-Infinity': -Infinity,
      '1e-7': 1e-7,
      '-0.5': -0.5,
      '1e+21': 1e21,
    })
    expect(await prometheus.query('queue_total')).toEqual([
      {
        metric: {
          __name__: 'queue_total',
          job: 'microposts',
          instance: `127.0.0.1:${port}`,
          otel_scope_name: 'other;test',
          a_b: 'dot;under',
          exported_le: 'x',
          exported_quantile: '0.5',
          key_1abc: 'digit',
          key_: 'empty',
          key_name_: 'other',
          text: '"quoted" \\ back\nnext\r\0 🐘 \ufffd',
        },
        value: 7,
      },
    ])
    expect(await value('microposts_scrape_failures_total')).toEqual([0])
    expect(await value('count(target_info{service_name="microposts"})')).toEqual([1])
  })
})
