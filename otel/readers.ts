// A reader of metrics for each configured exporter, whose packages are imported only when it is chosen.
import cluster from 'node:cluster'
import {
  ConsoleMetricExporter,
  type MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import manifest from '../package.json' with { type: 'json' }
import type { PullConfig, PushConfig, ReaderConfig } from './config/types.ts'
import type { Log } from './log.ts'

export type Reader = {
  reader: MetricReader
  /** What is exported and where, for the line that the start prints. */
  description: { exporter: string; endpoint?: string; protocol?: string; intervalMs?: number }
  /** Whether what was measured can still be had; without it, always: a collector that is away is no fault of ours. */
  isUp?: () => boolean
  /** To be called once the meter provider has the reader. */
  started?: () => void
  /** Frees what the reader's shutdown leaves open. */
  close?: () => Promise<void>
}

/** Throws an Error that says why when a reader cannot start: a port that is taken, say. */
export function createReaders(configs: readonly ReaderConfig[], log: Log): Promise<Reader[]> {
  return Promise.all(
    configs.map((config, id) =>
      config.kind === 'pull' ? createPullReader(config, id, log) : createPushReader(config),
    ),
  )
}

async function createPullReader(config: PullConfig, id: number, log: Log): Promise<Reader> {
  // Workers that shared a port would each be scraped now and then, and every counter would go backwards.
  if (cluster.isWorker) return createWorkerReader(id)
  const { startPullEndpoint } = await import('./pull/endpoint.ts')
  const { host, port, token } = config
  const { reader, url, isUp, close } = await startPullEndpoint({
    host,
    port,
    token,
    version: manifest.version,
    id,
    log,
  })
  return { reader, description: { exporter: 'prometheus', endpoint: url }, isUp, close }
}

async function createWorkerReader(endpoint: number): Promise<Reader> {
  const { reader, announce } = (await import('./pull/cluster/worker-reader.ts')).createWorkerReader(endpoint)
  return { reader, description: { exporter: 'prometheus' }, started: announce }
}

/**
 * An export that the reader has given up must not go on: with a collector that is away and a short interval there
 * would always be one, and the event loop would never be empty.
 */
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
    description: { exporter: exporter.kind, ...describe(exporter), intervalMs },
  }
}

async function createExporter(config: PushConfig['exporter'], limitMs: number): Promise<PushMetricExporter> {
  if (config.kind === 'console') return new ConsoleMetricExporter()
  const timeoutMs = Math.min(config.timeoutMs, limitMs)
  return (await import('./otlp.ts')).createOtlpExporter({ ...config, timeoutMs })
}

function describe(config: PushConfig['exporter']) {
  if (config.kind === 'console') return undefined
  const { origin, pathname } = new URL(config.endpoint)
  return { protocol: config.protocol, endpoint: config.protocol === 'grpc' ? origin : origin + pathname }
}
