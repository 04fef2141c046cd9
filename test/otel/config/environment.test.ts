import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startCollector } from '../../../harness/telemetry/otlp-sink.ts'
import { scrape } from '../../../harness/telemetry/scrape.ts'
import { until } from '../../../harness/until.ts'
import manifest from '../../../package.json' with { type: 'json' }
import { runBare, startBare } from '../support/bare.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) await cleanUp()
})

async function start(env: Record<string, string>) {
  const bare = await startBare(env)
  cleanups.push(() => bare.kill('SIGKILL'))
  return bare
}

/** Expects the start to fail; returns the lines on standard error. */
async function faultsOf(env: Record<string, string>): Promise<string[]> {
  const bare = runBare(env)
  cleanups.push(() => bare.kill('SIGKILL'))
  expect(await bare.exited).toBe(1)
  expect(bare.lines).toEqual([])
  return bare.stderr().trimEnd().split('\n')
}

describe('a start', () => {
  it('logs what is exported and where, with the real port', async () => {
    const bare = await start({ OTEL_METRICS_EXPORTER: 'prometheus, otlp,console' })

    expect(bare.exporters).toEqual([
      { exporter: 'prometheus', endpoint: expect.stringMatching(/^http:\/\/localhost:[1-9]\d+\/metrics$/) },
      {
        exporter: 'otlp',
        protocol: 'http/protobuf',
        endpoint: 'http://localhost:4318/v1/metrics',
        intervalMs: 60_000,
      },
      { exporter: 'console', intervalMs: 60_000 },
    ])
    expect((await fetch(bare.metricsUrl)).status).toBe(200)
  })

  it('treats an empty variable as unset', async () => {
    const bare = await start({
      OTEL_METRICS_EXPORTER: ' ',
      OTEL_EXPORTER_PROMETHEUS_HOST: '',
      OTEL_SDK_DISABLED: '',
      OTEL_CONFIG_FILE: '',
    })

    expect(bare.metricsUrl).toMatch(/^http:\/\/localhost:/)
  })

  it.each<Record<string, string>>([
    { OTEL_METRICS_EXPORTER: 'none' },
    { OTEL_SDK_DISABLED: 'TRUE', OTEL_METRICS_EXPORTER: 'wrong' },
  ])('exports nothing with %o', async (env) => {
    const bare = await start(env)

    expect(bare.exporters).toEqual([])
    expect(await (await fetch(`${bare.url}/things/1`)).text()).toBe('a thing')
    expect(await bare.stop()).toBe(0)
  })

  it('fails if the port is in use, and names it', async () => {
    const other = createServer().listen(0, 'localhost')
    await until('the other server listens', () => other.listening)
    const { port } = other.address() as AddressInfo

    expect(await faultsOf({ OTEL_EXPORTER_PROMETHEUS_PORT: String(port) })).toEqual([
      `Cannot listen on localhost:${port}: another process listens there.`,
    ])
    other.close()
  })
})

describe('invalid values', () => {
  it('are all reported at once, with the variable, the value and what is allowed', async () => {
    const faults = await faultsOf({
      OTEL_METRICS_EXPORTER: 'otlp,prometheus',
      OTEL_RESOURCE_ATTRIBUTES: 'team',
      OTEL_EXPORTER_PROMETHEUS_PORT: '65536',
      METRICS_TOKEN: 'to ken',
      OTEL_METRIC_EXPORT_INTERVAL: '1e3',
      OTEL_METRIC_EXPORT_TIMEOUT: '-1',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'secret',
      OTEL_EXPORTER_OTLP_TIMEOUT: '10s',
      OTEL_EXPORTER_OTLP_METRICS_COMPRESSION: 'brotli',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/no/such.pem',
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: 'package.json',
      OTEL_EXPORTER_OTLP_CLIENT_KEY: 'test/otel/support/tls/localhost.pem',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'none',
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'sum',
    })

    expect(faults.toSorted()).toEqual([
      'METRICS_TOKEN=(hidden): must be a token of visible ASCII characters',
      'OTEL_EXPORTER_OTLP_CERTIFICATE="/no/such.pem": must be a readable file with a PEM certificate',
      'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE="package.json": must be a readable file with a PEM certificate',
      'OTEL_EXPORTER_OTLP_CLIENT_KEY="test/otel/support/tls/localhost.pem": must be a readable file with a PEM private key that has no passphrase',
      'OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318": must be a URL that starts with http:// or https://',
      'OTEL_EXPORTER_OTLP_HEADERS=(hidden): must be a comma-separated list of name=value with percent-encoded header names and values',
      'OTEL_EXPORTER_OTLP_METRICS_COMPRESSION="brotli": must be one of none, gzip',
      'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION="sum": must be one of explicit_bucket_histogram, base2_exponential_bucket_histogram',
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE="none": must be one of cumulative, delta, lowmemory',
      'OTEL_EXPORTER_OTLP_PROTOCOL="http": must be one of http/protobuf, http/json, grpc',
      'OTEL_EXPORTER_OTLP_TIMEOUT="10s": must be a whole number of milliseconds from 1 to 2147483647, or 0 for no limit',
      'OTEL_EXPORTER_PROMETHEUS_PORT="65536": must be a whole number from 0 to 65535',
      'OTEL_METRIC_EXPORT_INTERVAL="1e3": must be a whole number of milliseconds from 1 to 2147483647',
      'OTEL_METRIC_EXPORT_TIMEOUT="-1": must be a whole number of milliseconds from 1 to 2147483647, or 0 for no limit',
      'OTEL_RESOURCE_ATTRIBUTES="team": must be a comma-separated list of key=value; any other comma, = or % must be percent-encoded',
    ])
  })

  it.each([
    [
      { OTEL_METRICS_EXPORTER: 'prometheus,none' },
      'OTEL_METRICS_EXPORTER="prometheus,none": must be a comma-separated list of prometheus, otlp, console; or none alone',
    ],
    [{ OTEL_SDK_DISABLED: 'yes' }, 'OTEL_SDK_DISABLED="yes": must be true or false'],
    [
      {
        OTEL_METRICS_EXPORTER: 'console',
        OTEL_METRIC_EXPORT_INTERVAL: '1000',
        OTEL_METRIC_EXPORT_TIMEOUT: '2000',
      },
      'OTEL_METRIC_EXPORT_TIMEOUT="2000": must be at most the interval, 1000',
    ],
    [
      {
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://collector',
      },
      'OTEL_EXPORTER_OTLP_ENDPOINT="ftp://collector": must be a URL that starts with http:// or https://, or host:port',
    ],
    [
      {
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: 'test/otel/support/tls/localhost.pem',
      },
      'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE="test/otel/support/tls/localhost.pem": must be set together with the client key',
    ],
    [
      {
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_CLIENT_KEY: 'test/otel/support/tls/localhost-key.pem',
      },
      'OTEL_EXPORTER_OTLP_CLIENT_KEY="test/otel/support/tls/localhost-key.pem": must be set together with the client certificate',
    ],
  ])('are reported: %o', async (env, fault) => {
    expect(await faultsOf(env)).toEqual([fault])
  })

  it('are ignored in variables of exporters that are not selected', async () => {
    const bare = await start({
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'wrong',
      OTEL_METRIC_EXPORT_INTERVAL: 'wrong',
      OTEL_METRIC_EXPORT_TIMEOUT: 'wrong',
    })

    expect((await fetch(bare.metricsUrl)).status).toBe(200)
  })
})

describe('a timeout of 0', () => {
  it('means no limit', async () => {
    const receiver = await startCollector()
    cleanups.push(receiver.stop)
    await start({
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      OTEL_METRIC_EXPORT_TIMEOUT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl,
      OTEL_EXPORTER_OTLP_TIMEOUT: '0',
    })

    await until('a push arrives', () => receiver.received.length > 0)
  })
})

describe('the resource', () => {
  it('has the configured attributes and those of every process, but not the command line', async () => {
    const bare = await start({
      OTEL_SERVICE_NAME: 'mine',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=theirs,deployment.environment.name=a%2Cb',
    })

    const page = await scrape(bare)
    expect(page.series('target_info').map(({ labels }) => labels)).toEqual([
      {
        deployment_environment_name: 'a,b',
        process_runtime_name: 'nodejs',
        process_runtime_version: process.versions.node,
        service_instance_id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
        service_name: 'mine',
        service_version: manifest.version,
        telemetry_sdk_language: 'nodejs',
        telemetry_sdk_name: 'opentelemetry',
        telemetry_sdk_version: '3.1.0',
      },
    ])
  })
})

describe('METRICS_TOKEN', () => {
  it('is required of scrapes', async () => {
    const bare = await start({ METRICS_TOKEN: 's3cret' })
    const withToken = (token: string) =>
      fetch(bare.metricsUrl, { headers: { Authorization: `Bearer ${token}` } })

    expect((await fetch(bare.metricsUrl)).status).toBe(401)
    expect((await withToken('other')).status).toBe(401)
    expect((await withToken('s3cret')).status).toBe(200)
  })
})

describe('metrics of the process and of Node', () => {
  it('are exposed, and none of the machine', async () => {
    const bare = await start({})

    const names = await until('the event loop delay has been measured', async () => {
      const { families } = await scrape(bare)
      return families.has('nodejs_eventloop_delay_p99_seconds') && [...families.keys()]
    })
    expect(names).toEqual(
      expect.arrayContaining([
        'process_cpu_time_seconds_total',
        'process_memory_usage_bytes',
        'nodejs_eventloop_utilization_ratio',
        'v8js_memory_heap_used_bytes',
      ]),
    )
    expect(names.filter((name) => name.startsWith('system_'))).toEqual([])
  })
})
