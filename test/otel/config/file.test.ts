import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { attributesOf, metricsOf } from '../../../harness/telemetry/otlp-decoder.ts'
import { startCollector } from '../../../harness/telemetry/otlp-sink.ts'
import { scrape } from '../../../harness/telemetry/scrape.ts'
import { until } from '../../../harness/until.ts'
import { runBare, startBare } from '../support/bare.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) await cleanUp()
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'microposts-otel-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
async function writeConfig(yaml: string): Promise<string> {
  const path = join(folder, `${++files}.yaml`)
  await writeFile(path, yaml)
  return path
}

async function start(yaml: string, env: Record<string, string> = {}) {
  const bare = await startBare({ ...env, OTEL_CONFIG_FILE: await writeConfig(yaml) })
  cleanups.push(() => bare.kill('SIGKILL'))
  return bare
}

/** Expects the start to fail; returns the lines on standard error, with FILE in place of the path. */
async function faultsOf(yaml: string): Promise<string[]> {
  const path = await writeConfig(yaml)
  const bare = runBare({ OTEL_CONFIG_FILE: path })
  cleanups.push(() => bare.kill('SIGKILL'))
  expect(await bare.exited).toBe(1)
  return bare.stderr().trimEnd().replaceAll(path, 'FILE').split('\n')
}

const pullReader = `
    - pull:
        exporter:
          prometheus/development:
            host: 127.0.0.1
            port: \${TEST_PORT:-0}`

describe('OTEL_CONFIG_FILE', () => {
  it('starts the readers that it lists, and replaces the variables', async () => {
    const receiver = await startCollector()
    cleanups.push(receiver.stop)
    const bare = await start(
      `
file_format: "1.0"
resource:
  attributes:
    - name: service.name
      value: \${TEST_NAME:-unnamed}
    - name: replicas
      value: 3
      type: int
  attributes_list: service.name=other,team=web
meter_provider:
  readers:${pullReader}
    - periodic:
        interval: 100
        exporter:
          otlp_http:
            endpoint: \${TEST_COLLECTOR}/v1/metrics
            encoding: json
            headers:
              - name: x-tenant
                value: mine
    - periodic:
        exporter:
          console:
`,
      {
        TEST_NAME: 'from a file',
        TEST_COLLECTOR: receiver.httpUrl,
        OTEL_SDK_DISABLED: 'true',
        OTEL_METRICS_EXPORTER: 'wrong',
        OTEL_SERVICE_NAME: 'from a variable',
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=from-a-variable',
      },
    )
    await until('a push arrives', () => receiver.received.length > 0)

    expect(bare.exporters).toEqual([
      { exporter: 'prometheus', endpoint: bare.metricsUrl },
      {
        exporter: 'otlp',
        protocol: 'http/json',
        endpoint: `${receiver.httpUrl}/v1/metrics`,
        intervalMs: 100,
      },
      { exporter: 'console', intervalMs: 60_000 },
    ])
    expect(bare.metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]/)
    const { headers, push } = receiver.received[0] ?? {}
    expect(headers).toMatchObject({ 'x-tenant': 'mine', 'content-type': 'application/json' })
    expect(headers).not.toHaveProperty('x-key')
    const resource = { 'service.name': 'from a file', replicas: '3', team: 'web' }
    expect(attributesOf(push?.resourceMetrics[0]?.resource.attributes ?? [])).toMatchObject({
      ...resource,
      'service.version': expect.any(String),
      'service.instance.id': expect.any(String),
    })
  })

  it('supports views', async () => {
    const bare = await start(`
file_format: "1.0"
meter_provider:
  readers:${pullReader}
  views:
    - selector:
        instrument_name: bare.dur*
      stream:
        aggregation:
          explicit_bucket_histogram:
            boundaries: [0.1, 1]
        attribute_keys:
          excluded: [url.*]
    - selector:
        instrument_name: bare.events
      stream:
        name: renamed.events
    - selector:
        instrument_name: process.*
      stream:
        aggregation:
          drop:
`)
    await fetch(`${bare.url}/things/1`)

    const page = await scrape(bare)
    const buckets = page.series('bare_duration_seconds_bucket')
    expect(buckets.map(({ labels: { le } }) => Number(le?.replace('+Inf', 'Infinity')))).toEqual([
      0.1,
      1,
      Infinity,
    ])
    expect(Object.keys(buckets[0]?.labels ?? {}).toSorted()).toEqual(['le', 'otel_scope_name', 'thing_kind'])
    expect(page.sum('renamed_events_total')).toBe(1)
    expect([...page.families.keys()].filter((name) => /^(bare_events|process)_/.test(name))).toEqual([])
  })

  it.each([
    ['max_size: 2, max_scale: 3', 3, -54],
    ['max_scale: -1, record_min_max: false', -1, -4],
    ['', 20, -6_966_589],
  ])('supports exponential histograms with {%s}', async (options, scale, offset) => {
    const receiver = await startCollector()
    cleanups.push(receiver.stop)
    const bare = await start(`
file_format: "1.0"
meter_provider:
  readers:
    - periodic: {interval: 100, exporter: {otlp_http: {endpoint: "${receiver.httpUrl}/v1/metrics"}}}
  views:
    - selector: {instrument_name: bare.dur*, instrument_type: histogram}
      stream: {aggregation: {base2_exponential_bucket_histogram: {${options}}}}
`)
    await fetch(`${bare.url}/things/1`)

    const point = await until('a push has the duration', () =>
      receiver.received
        .flatMap(({ push }) => metricsOf(push))
        .find(({ name, exponentialHistogram }) => name === 'bare.duration' && exponentialHistogram)
        ?.exponentialHistogram?.dataPoints.at(0),
    )
    // The bucket of 0.01: floor(log2(0.01) * 2 ** scale).
    expect(point).toMatchObject({ count: 1, scale, positive: { offset, bucketCounts: [1] } })
    expect(point.min).toBe(options.includes('record_min_max') ? undefined : 0.01)
  })

  it.each([
    'file_format: "1.0"\ndisabled: true\nmeter_provider: {readers: [{periodic: {exporter: {console: }}}]}',
    'file_format: "1.0"\nresource: {schema_url: "https://opentelemetry.io/schemas/1.37.0"}',
  ])('exports nothing if it has no readers or is disabled: %j', async (yaml) => {
    const bare = await start(yaml)

    expect(bare.exporters).toEqual([])
    expect((await fetch(`${bare.url}/things/1`)).status).toBe(200)
  })

  it('is rejected for everything that is not supported, with the path of each fault', async () => {
    const faults = await faultsOf(`
file_format: "1.1"
log_level: debug
resource:
  attributes: [{name: replicas, value: three, type: int}, {name: team}, {name: null, value: x, type: text}]
  detection/development: {detectors: [{host: }]}
tracer_provider:
  processors: [{simple: {exporter: {console: }}}]
logger_provider:
  processors: [{simple: {exporter: {console: }}}]
meter_provider:
  exemplar_filter: trace_based
  readers:
    - pull:
        cardinality_limits: {default: 0, counter: many, summary: 1}
        exporter:
          prometheus/development:
            host: 5
            port: 70000
            scope_info_enabled: "false"
            without_target_info/development: true
            translation_strategy: no_translation
            resource_constant_labels: {included: [], excluded: [service.*, 5], except: []}
    - periodic:
        interval: 1000
        timeout: 2000
        producers: [{opencensus: }]
        cardinality_limits: [1]
        exporter:
          otlp_http:
            endpoint: collector
            encoding: text
            compression: brotli
            temporality_preference: lowmemory
            default_histogram_aggregation: sum
            headers: [{name: "two words", value: secret}, {name: key, value: "bad\\nvalue"}, {name: key, value: 5}]
            tls: {ca_file: /no/such.pem}
    - periodic:
        exporter:
          otlp_file/development: {output_stream: stdout}
    - periodic:
        exporter:
          otlp_grpc: {endpoint: "http://collector:4317", tls: {cert_file: test/otel/support/tls/localhost.pem}}
  views:
    - selector: {instrument_name: "a*b*", instrument_type: summary}
      stream: {aggregation: {base2_exponential_bucket_histogram: {max_size: 1, max_scale: 21}}}
    - selector: {instrument_name: "*"}
      stream: {name: one, aggregation: {explicit_bucket_histogram: {boundaries: [2, 1]}}}
`)

    const readers = 'FILE: meter_provider.readers'
    const views = 'FILE: meter_provider.views'
    const prometheus = `${readers}[0].pull.exporter.prometheus/development`
    const limits = `${readers}[0].pull.cardinality_limits`
    const http = `${readers}[1].periodic.exporter.otlp_http`
    const tls = `${readers}[3].periodic.exporter.otlp_grpc.tls`
    expect(faults.map((line) => line.replace(/; supported keys: .*/, '')).toSorted()).toEqual(
      [
        'FILE: log_level: is not supported',
        'FILE: tracer_provider: is not supported',
        'FILE: logger_provider: is not supported',
        'FILE: resource.detection/development: is not supported',
        'FILE: resource.attributes[0].value="three": must be of type int',
        'FILE: resource.attributes[1].value: is required',
        'FILE: resource.attributes[2].name: must have a value',
        'FILE: resource.attributes[2].type="text": must be one of string, string_array, bool, bool_array, int, int_array, double, double_array',
        'FILE: meter_provider.exemplar_filter="trace_based": must be always_off',
        `${limits}.default=0: must be a whole number from 1 to 2147483647`,
        `${limits}.counter="many": must be a whole number, without quotes`,
        `${limits}.summary: is not supported`,
        `${prometheus}.host=5: must be a text, in quotes if it looks like a number`,
        `${prometheus}.port=70000: must be a whole number from 0 to 65535`,
        `${prometheus}.scope_info_enabled="false": must be true or false, without quotes`,
        `${prometheus}.without_target_info/development: is not a key of file_format 1.1; use target_info_enabled/development, which has the opposite meaning`,
        `${prometheus}.translation_strategy="no_translation": must be one of underscore_escaping_with_suffixes, underscore_escaping_without_suffixes/development, no_utf8_escaping_with_suffixes/development, no_translation/development`,
        `${prometheus}.resource_constant_labels.included: must be a list with at least one item`,
        `${prometheus}.resource_constant_labels.excluded[1]=5: must be a text, in quotes if it looks like a number`,
        `${prometheus}.resource_constant_labels.except: is not supported`,
        `${readers}[1].periodic.producers: is not supported`,
        `${readers}[1].periodic.cardinality_limits: must be a mapping`,
        `${readers}[1].periodic.timeout=2000: must be at most the interval, 1000`,
        `${http}.endpoint="collector": must be a URL that starts with http:// or https://`,
        `${http}.encoding="text": must be one of protobuf, json`,
        `${http}.compression="brotli": must be one of none, gzip`,
        `${http}.temporality_preference="lowmemory": must be one of cumulative, delta, low_memory`,
        `${http}.default_histogram_aggregation="sum": must be one of explicit_bucket_histogram, base2_exponential_bucket_histogram`,
        `${http}.headers[0].name="two words": must be a header name`,
        `${http}.headers[1].value=(hidden): must be a header value, without control characters`,
        `${http}.headers[2].value=(hidden): must be a text, in quotes if it looks like a number`,
        `${http}.tls.ca_file="/no/such.pem": must be a readable file with a PEM certificate`,
        `${readers}[2].periodic.exporter.otlp_file/development: is not supported`,
        `${tls}.cert_file="test/otel/support/tls/localhost.pem": must be set together with the client key`,
        `${views}[0].selector.instrument_name="a*b*": must be a name with at most one * and no ?`,
        `${views}[0].selector.instrument_type="summary": must be one of counter, observable_counter, gauge, observable_gauge, histogram, up_down_counter, observable_up_down_counter`,
        `${views}[0].stream.aggregation.base2_exponential_bucket_histogram.max_scale=21: must be a whole number from -10 to 20`,
        `${views}[0].stream.aggregation.base2_exponential_bucket_histogram.max_size=1: must be a whole number from 2 to 65536`,
        `${views}[1].stream.name="one": must be left out if instrument_name can match several instruments`,
        `${views}[1].stream.aggregation.explicit_bucket_histogram.boundaries[1]=1: must be greater than the boundary before it`,
      ].toSorted(),
    )
  })

  it('of format 1.0 has the keys of that format only', async () => {
    const faults = await faultsOf(`
file_format: "1.0"
meter_provider:
  readers:
    - pull:
        exporter:
          prometheus/development:
            scope_info_enabled: true
            target_info_enabled/development: true
            resource_constant_labels: {included: ["*"]}
            without_scope_info: 1
    - periodic:
        max_export_batch_size/development: 100
        exporter: {console: }
`)

    const prometheus = 'FILE: meter_provider.readers[0].pull.exporter.prometheus/development'
    expect(faults).toEqual([
      `${prometheus}.scope_info_enabled: is not a key of file_format 1.0; use without_scope_info, which has the opposite meaning`,
      `${prometheus}.target_info_enabled/development: is not a key of file_format 1.0; use without_target_info/development, which has the opposite meaning`,
      `${prometheus}.resource_constant_labels: is not a key of file_format 1.0; use with_resource_constant_labels`,
      `${prometheus}.without_scope_info=1: must be true or false, without quotes`,
      'FILE: meter_provider.readers[1].periodic.max_export_batch_size/development: requires file_format 1.1',
    ])
  })

  it.each([
    [
      'meter_provider: {readers: []}',
      ['FILE: meter_provider.readers: must be a list with at least one item'],
    ],
    [
      'meter_provider: {views: []}',
      [
        'FILE: meter_provider.views: must be a list with at least one item',
        'FILE: meter_provider.readers: is required',
      ],
    ],
    ['meter_provider: ', ['FILE: meter_provider=null: must be a mapping']],
    [
      'meter_provider: {readers: [{}, 5, {pull: {}, periodic: {interval: 1.5}}]}',
      [
        'FILE: meter_provider.readers[0]: must have exactly one of pull, periodic',
        'FILE: meter_provider.readers[1]=5: must be a mapping',
        'FILE: meter_provider.readers[2].pull.exporter: is required',
        'FILE: meter_provider.readers[2].periodic.interval=1.5: must be a whole number, without quotes',
        'FILE: meter_provider.readers[2].periodic.exporter: is required',
        'FILE: meter_provider.readers[2]: must have exactly one of pull, periodic',
      ],
    ],
    [
      'resource: {schema: x}\nmeter_provider: {readers: [{pull: {exporter: {prometheus/development: }}}], reader: []}',
      [
        'FILE: resource.schema: is not supported; supported keys: attributes, attributes_list, schema_url',
        'FILE: meter_provider.reader: is not supported; supported keys: readers, views, exemplar_filter',
      ],
    ],
    [
      'meter_provider: {readers: [{pull: {exporter: {prometheus/development: }}}], views: [{selector: {}, stream: {aggregation: {drop: {all: true}}}}]}',
      ['FILE: meter_provider.views[0].stream.aggregation.drop.all: is not supported'],
    ],
    [
      'resource: {attributes_list: team}',
      [expect.stringMatching(/^FILE: resource\.attributes_list="team": must be a comma-separated list/)],
    ],
    ['disabled: "true"', ['FILE: disabled="true": must be true or false, without quotes']],
    ['a: [1\n', [expect.stringMatching(/^FILE: must be valid YAML: .* at line 3, column 1$/)]],
    [
      'disabled: true\ndisabled: false\n',
      ['FILE: must be valid YAML: Map keys must be unique at line 3, column 1'],
    ],
    [
      'resource: *missing',
      ['FILE: must be valid YAML: Unresolved alias (the anchor must be set before the alias): missing'],
    ],
    [
      'meter_provider: {readers: [{periodic: {exporter: {console: }}}], views: [{selector: {}, stream: {aggregation: {explicit_bucket_histogram: {boundaries: [1, .inf]}}}}]}',
      [
        'FILE: meter_provider.views[0].stream.aggregation.explicit_bucket_histogram.boundaries[1]=null: must be a finite number, without quotes',
      ],
    ],
    [
      `resource: {schema_url: "\${1ST} and \${A B:-c}"}`,
      [`FILE: must not contain \${1ST}, \${A B:-c}: write \${NAME} or \${NAME:-default}`],
    ],
  ])('must follow the rules: %j', async (yaml, faults) => {
    expect(await faultsOf(`file_format: "1.0"\n${yaml}`)).toEqual(faults)
  })

  it.each([
    ['file_format: "1.7"\n', '="1.7"'],
    ['file_format: 1.0\n', '=1'],
    ['meter_provider: {}', ''],
  ])('must have a supported format: %j', async (yaml, value) => {
    expect(await faultsOf(yaml)).toEqual([`FILE: file_format${value}: must be "1.0" or "1.1", in quotes`])
  })

  it.each(['', '- a\n', 'text'])('must be a mapping: %j', async (yaml) => {
    expect(await faultsOf(yaml)).toEqual(['FILE: must be a mapping'])
  })

  it('must exist', async () => {
    const bare = runBare({ OTEL_CONFIG_FILE: '/no/such.yaml' })

    expect(await bare.exited).toBe(1)
    expect(bare.stderr()).toBe('OTEL_CONFIG_FILE="/no/such.yaml": must be a readable file (ENOENT)\n')
  })
})
