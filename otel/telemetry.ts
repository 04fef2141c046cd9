// Puts the SDK behind @opentelemetry/api: readers, provider, instrumentations; and stops it again.
import { DiagLogLevel, diag, metrics } from '@opentelemetry/api'
import { setGlobalErrorHandler } from '@opentelemetry/core'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { TelemetryConfig } from './config/types.ts'
import { boundLog, type Log } from './log.ts'
import { guardMeters } from './meters.ts'
import { createReaders } from './readers.ts'
import { withdrawReadiness } from './readiness.ts'
import { createResource } from './resource.ts'
import { instrumentRuntime } from './runtime.ts'

export type Telemetry = Awaited<ReturnType<typeof startTelemetry>>

/**
 * Starts everything that the configuration asks for, before the service makes its first instrument. Throws an
 * Error that says why when a reader cannot start.
 */
export async function startTelemetry(config: TelemetryConfig, log: Log) {
  const bounded = boundLog(log)
  const readers = await createReaders(config.readers, bounded)
  const resource = createResource(config.resource)
  const provider = new MeterProvider({
    resource,
    views: config.views,
    readers: readers.map(({ reader }) => reader),
  })
  metrics.setGlobalMeterProvider(guardMeters(provider))
  logDiagnostics(bounded)
  instrumentRuntime()
  withdrawReadiness(() => readers.every(({ isUp }) => isUp?.() ?? true))
  for (const { started } of readers) started?.()

  return {
    instance: resource.attributes['service.instance.id'],
    exporters: readers.map(({ description }) => description),
    /** Pushes the last values, then closes what is open. */
    async stop() {
      await provider.shutdown()
      await Promise.all(readers.map(({ close }) => close?.()))
    },
  }
}

/** What the SDK has to say, from warnings up, as lines of the log. */
function logDiagnostics(log: Log) {
  const write =
    (level: 'warn' | 'error') =>
    (msg: string, ...details: unknown[]) =>
      log(level, details.length > 0 ? { details: details.map(String) } : {}, msg)
  const ignore = () => undefined
  diag.setLogger(
    { error: write('error'), warn: write('warn'), info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  setGlobalErrorHandler((error) =>
    log('error', {}, typeof error === 'string' ? error : (error.message ?? 'telemetry failed')),
  )
}
