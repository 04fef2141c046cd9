// Loaded before the service: OpenTelemetry as its documentation sets it up, with a context manager and the stock exporter.
import { context, metrics } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { expose } from '../expose.ts'

const exporter = new PrometheusExporter({ preventServerStart: true })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }))
registerInstrumentations({
  instrumentations: [new HttpInstrumentation(), new RuntimeNodeInstrumentation()],
})
// The instrumentation patches what require() loads.
process.getBuiltinModule('node:module').createRequire(import.meta.url)('node:http')
expose((request, response) => exporter.getMetricsRequestHandler(request, response))
