// Creates a metric reader for each configured exporter. The packages of an exporter are imported only if it is selected.
import cluster from 'node:cluster'
import {
  ConsoleMetricExporter,
  type MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import { httpOrigin } from '../lib/listen.ts'
import type { Log } from '../lib/log.ts'
import manifest from '../package.json' with { type: 'json' }
import type { PullConfig, PushConfig, ReaderConfig } from './config/types.ts'
import type { Pause } from './native/pause.ts'
import { createNativeReader } from './native/reader.ts'

export type Reader = {
  reader: MetricReader
  /** Collects native histograms; its meter provider is another. */
  nativeReader?: MetricReader | undefined
  /** What is exported and where; logged at the start. */
  description: { exporter: string; endpoint?: string; protocol?: string; intervalMs?: number }
  /** Addresses to open, by name. */
  addresses?: Record<string, string>
  /** Whether the metrics can be scraped. A push reader has none: an unreachable collector is not our fault. */
  isUp?: () => boolean
  /** Called once the meter provider has the reader. */
  started?: () => void
  /** Closes what the reader's own shutdown leaves open. */
  close?: () => Promise<void>
}

/** @throws {Error} Its message is shown to the operator: a reader cannot start, because its port is in use for example. */
export function createReaders(configs: readonly ReaderConfig[], log: Log, pause: Pause): Promise<Reader[]> {
  return Promise.all(
    configs.map((config, index) =>
      config.kind === 'pull' ? createPullReader(config, index, log, pause) : createPushReader(config),
    ),
  )
}

async function createPullReader(
  config: PullConfig,
  readerId: number,
  log: Log,
  pause: Pause,
): Promise<Reader> {
  const nativeReader = config.nativeHistograms ? createNativeReader() : undefined
  const native = nativeReader && { reader: nativeReader, pause }
  // The primary serves the metrics of all workers. On a shared port, each scrape would reach another worker.
  if (cluster.isWorker) {
    const { createWorkerReader } = await import('./pull/cluster/worker.ts')
    const { reader, announce } = createWorkerReader(readerId, native)
    // The primary's port; a worker does not learn it if any free one is used.
    const addresses = config.port === 0 ? {} : addressesOf(httpOrigin(config.host, config.port))
    return { reader, nativeReader, description: { exporter: 'prometheus' }, addresses, started: announce }
  }
  const { startPullEndpoint } = await import('./pull/endpoint.ts')
  const { version } = manifest
  const { reader, origin, url, isUp, close } = await startPullEndpoint({
    ...config,
    version,
    readerId,
    native,
    log,
  })
  const description = { exporter: 'prometheus', endpoint: url }
  return { reader, nativeReader, description, addresses: addressesOf(origin), isUp, close }
}

const addressesOf = (origin: string) => ({ 'Live view': `${origin}/`, Metrics: `${origin}/metrics` })

async function createPushReader({
  exporter,
  intervalMs,
  timeoutMs,
  maxBatchSize,
}: PushConfig): Promise<Reader> {
  return {
    reader: new PeriodicExportingMetricReader({
      exporter: await createExporter(exporter, timeoutMs),
      exportIntervalMillis: intervalMs,
      exportTimeoutMillis: timeoutMs,
      maxExportBatchSize: maxBatchSize,
    }),
    description: { exporter: exporter.kind, ...describeExporter(exporter), intervalMs },
  }
}

async function createExporter(config: PushConfig['exporter'], limitMs: number): Promise<PushMetricExporter> {
  if (config.kind === 'console') return new ConsoleMetricExporter()
  // An export must end with the reader's own timeout: otherwise exports to an unreachable collector would overlap, and
  // the event loop would never be empty.
  const timeoutMs = Math.min(config.timeoutMs, limitMs)
  const { endpoint = '' } = describeExporter(config)
  return (await import('./otlp.ts')).createOtlpExporter({ ...config, timeoutMs }, endpoint)
}

/** Without the parts of the endpoint that may be secret: user, password and query. */
export function describeExporter(config: PushConfig['exporter']): { protocol?: string; endpoint?: string } {
  if (config.kind === 'console') return {}
  const { origin, pathname } = new URL(config.endpoint)
  return { protocol: config.protocol, endpoint: config.protocol === 'grpc' ? origin : origin + pathname }
}
