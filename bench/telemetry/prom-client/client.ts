// prom-client, or the package with the same interface that PROMETHEUS_CLIENT names.
import type * as promClient from 'prom-client'

const client: typeof promClient = await import(process.env.PROMETHEUS_CLIENT ?? 'prom-client')
export const { Counter, collectDefaultMetrics, Gauge, Histogram, register } = client
