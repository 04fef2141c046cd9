import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { attributesOf, metricsOf, type Push } from '../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../harness/telemetry/otlp-sink.ts'
import { decodeExposition, labelsOf } from '../../harness/telemetry/protobuf-decoder.ts'
import { scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { askFor } from './pull/support/scraped.ts'
import { startBare } from './support/bare.ts'

async function start(yaml: string, env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'microposts-otel-'))
  const path = join(folder, 'telemetry.yaml')
  await writeFile(path, `file_format: "1.1"\n${yaml}`)
  const bare = await startBare({ OTEL_CONFIG_FILE: path, ...env })
  onTestFinished(async () => {
    bare.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })
  return bare
}

const pull = 'pull: {exporter: {prometheus/development: {port: 0}}'

/** The values of a metric's series by the number that the series is for; `rest` is the overflow series. */
async function seriesOf(bare: { metricsUrl: string }, name: string) {
  const series = (await scrape(bare)).series(name)
  return Object.fromEntries(
    series.map(({ labels, value }) => {
      expect(labels.otel_metric_overflow).toBe(labels.number === undefined ? 'true' : undefined)
      return [labels.number ?? 'rest', value]
    }),
  )
}

it('a cardinality limit holds across scrapes, and no measurement is lost', async () => {
  const limits = 'cardinality_limits: {default: 4, histogram: 3}'
  const bare = await start(`meter_provider: {readers: [{${pull}, ${limits}}}]}`)
  for (const number of [1, 2, 3, 4, 5, 6, 7, 2, 6]) {
    await fetch(`${bare.url}/numbers/${number}`)
    await scrape(bare)
  }

  expect(await seriesOf(bare, 'bare_numbered_total')).toEqual({ 1: 1, 2: 2, 3: 1, rest: 5 })
  expect(await seriesOf(bare, 'bare_observed_total')).toEqual({ 1: 1, 2: 2, 3: 3, rest: 4 + 5 + 6 + 7 })
  expect(await seriesOf(bare, 'bare_latest')).toMatchObject({ 1: 1, 2: 2, 3: 3 })
  expect(await seriesOf(bare, 'bare_delay_count')).toEqual({ 1: 1, 2: 2, rest: 6 })
  expect(await seriesOf(bare, 'bare_delay_sum')).toEqual({ 1: 1, 2: 4, rest: 3 + 4 + 5 + 6 + 7 + 6 })
  const buckets = (await scrape(bare)).series('bare_delay_bucket').filter(({ labels }) => !labels.number)
  expect(buckets.map(({ labels, value }) => [Number(labels.le?.replace('+Inf', 'Infinity')), value])).toEqual(
    [
      [4, 2],
      [16, 6],
      [Infinity, 6],
    ],
  )
})

it('a limit of a view takes precedence', async () => {
  const view =
    '{selector: {instrument_name: bare.numbered}, stream: {name: bare.renamed, aggregation_cardinality_limit: 2}}'
  const bare = await start(`meter_provider: {readers: [{${pull}}}], views: [${view}]}`)
  for (const number of [1, 2, 3]) {
    await fetch(`${bare.url}/numbers/${number}`)
    await scrape(bare)
  }

  expect(await seriesOf(bare, 'bare_renamed_total')).toEqual({ 1: 1, rest: 2 })
  expect(await seriesOf(bare, 'bare_observed_total')).toEqual({ 1: 1, 2: 2, 3: 3 })
})

it('a cardinality limit also applies to native histograms', async () => {
  const limits = 'cardinality_limits: {default: 3}'
  const bare = await start(`meter_provider: {readers: [{${pull}, ${limits}}}]}`, {
    METRICS_NATIVE_HISTOGRAMS: 'true',
  })
  for (const number of [1, 2, 3, 4, 2, 3]) await fetch(`${bare.url}/numbers/${number}`)

  const headers = { accept: 'application/vnd.google.protobuf' }
  const { body } = await askFor(bare.metricsUrl, { headers })
  const series = decodeExposition(body).get('bare_delay')?.metric ?? []
  expect(series.map((one) => [labelsOf(one).number, one.histogram?.sampleCount])).toEqual([
    ['1', 1],
    ['2', 2],
    [undefined, 3],
  ])
  // 3, 3 and 4 are in two buckets.
  expect(series.at(-1)?.histogram?.positiveDelta).toEqual([2, -1])
})

it('each reader has its own limits, also for exponential histograms', async () => {
  const receiver = await startCollector()
  onTestFinished(receiver.stop)
  const otlp = `otlp_http: {endpoint: "${receiver.httpUrl}/v1/metrics", default_histogram_aggregation: base2_exponential_bucket_histogram}`
  const push = `periodic: {interval: 100, exporter: {${otlp}}, cardinality_limits: {histogram: 2}}`
  const bare = await start(`meter_provider: {readers: [{${pull}}}, {${push}}]}`)
  for (const number of [1, 2, 3, 0, 300]) await fetch(`${bare.url}/numbers/${number}`)

  const delay = (sent: Push) =>
    metricsOf(sent).find(({ name }) => name === 'bare.delay')?.exponentialHistogram
  const points = await until('all numbers are pushed', () =>
    receiver.received
      .map(({ push: sent }) => delay(sent)?.dataPoints ?? [])
      .find((all) => all.reduce((sum, { count }) => sum + count, 0) === 5),
  )
  expect(points.map(({ attributes }) => attributesOf(attributes))).toEqual([
    { number: '1' },
    { 'otel.metric.overflow': 'true' },
  ])
  // Scale 4 is the finest at which at most 160 buckets lie between 2 and 300.
  expect(points[1]).toMatchObject({ count: 4, sum: 305, zeroCount: 1, min: 0, max: 300, scale: 4 })
  const { offset, bucketCounts } = points[1]?.positive ?? { offset: 0, bucketCounts: [] }
  const used = bucketCounts.flatMap((count, i) => (count > 0 ? [[offset + i, count]] : []))
  // A bucket is (2 ** (index / 16), 2 ** ((index + 1) / 16)]; 2 is the upper bound of its bucket.
  expect(used).toEqual([
    [15, 1],
    [25, 1],
    [131, 1],
  ])
  expect(Object.keys(await seriesOf(bare, 'bare_delay_count'))).toHaveLength(5)
})
