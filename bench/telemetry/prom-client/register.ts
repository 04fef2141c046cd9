// Loaded before the service: makes its src/metrics/instruments.ts the one here that records with prom-client.
import { registerHooks } from 'node:module'

const recordsWithOpenTelemetry = new URL('../../../src/metrics/instruments.ts', import.meta.url).href
const recordsWithPromClient = new URL('./metrics.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    return found.url === recordsWithOpenTelemetry ? { ...found, url: recordsWithPromClient } : found
  },
})
