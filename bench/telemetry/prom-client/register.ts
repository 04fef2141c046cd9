// Loaded before the service: the service's instruments then record with prom-client instead of OpenTelemetry.
import { registerHooks } from 'node:module'
import './request-duration.ts'

const instruments = new URL('../../../src/metrics/instruments.ts', import.meta.url).href
const replacement = new URL('./api.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@opentelemetry/api' && context.parentURL === instruments
      ? { url: replacement, shortCircuit: true }
      : next(specifier, context),
})
