// Installs the SDK behind @opentelemetry/api: readers, meter provider, instrumentation.
import { DiagLogLevel, diag, metrics } from '@opentelemetry/api'
import { setGlobalErrorHandler } from '@opentelemetry/core'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { Log } from '../lib/log.ts'
import { reportTelemetry } from '../lib/telemetry-status.ts'
import type { TelemetryConfig } from './config/types.ts'
import { describeRequest, instrumentHttp } from './http.ts'
import { applyLimits } from './limits/limits.ts'
import { boundLog } from './log.ts'
import { guardMeters } from './meters.ts'
import { createNativeHistograms } from './native/histograms.ts'
import { createPause } from './native/pause.ts'
import { createReaders } from './readers.ts'
import { createResource } from './resource.ts'
import { instrumentRuntime } from './runtime.ts'

export type Telemetry = Awaited<ReturnType<typeof startTelemetry>>

/**
 * Starts everything that the configuration selects. Call it before the service creates its first instrument.
 *
 * @throws {Error} Its message is shown to the operator: a reader cannot start.
 */
export async function startTelemetry(config: TelemetryConfig, log: Log) {
  const bounded = boundLog(log)
  const pause = createPause()
  const readers = await createReaders(config.readers, bounded, pause)
  const resource = createResource(config.resource)
  const nativeReaders = readers.flatMap(({ nativeReader }) => nativeReader ?? [])
  const limited = readers.flatMap(({ reader, nativeReader }, i) =>
    [reader, nativeReader ?? []]
      .flat()
      .map((one) => ({ reader: one, limits: config.readers[i]?.cardinalityLimits })),
  )
  const views = applyLimits(limited, config.views)
  const provider = new MeterProvider({
    resource,
    views,
    readers: readers.map(({ reader }) => reader),
  })
  const native = nativeReaders.length > 0 ? createNativeHistograms(nativeReaders, views, pause) : undefined
  const rewrites = { 'http.server.request.duration': describeRequest }
  metrics.setGlobalMeterProvider(guardMeters(provider, rewrites, native?.duplicate))
  logDiagnostics(bounded)
  instrumentHttp()
  instrumentRuntime()
  reportTelemetry({
    isUp: () => readers.every(({ isUp }) => isUp?.() ?? true),
    addresses: Object.assign({}, ...readers.map(({ addresses }) => addresses)),
  })
  for (const { started } of readers) started?.()

  return {
    instance: resource.attributes['service.instance.id'],
    exporters: readers.map(({ description }) => description),
    /** Pushes the last values, then closes the readers. */
    async stop() {
      pause.end()
      await provider.shutdown()
      await Promise.all(readers.map(({ close }) => close?.()))
    },
  }
}

/** Logs the SDK's warnings and errors. */
function logDiagnostics(log: Log) {
  const write =
    (level: 'warn' | 'error') =>
    (message: string, ...details: unknown[]) =>
      log[level](details.length > 0 ? { details: details.map(String) } : {}, message)
  const ignore = () => undefined
  diag.setLogger(
    { error: write('error'), warn: write('warn'), info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  setGlobalErrorHandler((error) =>
    log.error({}, typeof error === 'string' ? error : (error.message ?? 'telemetry failed')),
  )
}
