// Metrics of the process and of Node itself: process.*, nodejs.eventloop.*, v8js.*.
import { type Meter, metrics } from '@opentelemetry/api'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import { instrumentOptions } from '../lib/metric.ts'
import manifest from '../package.json' with { type: 'json' }
import { telemetryMetrics } from './catalogue.ts'

/** Call it after the global meter provider is set. */
export function instrumentRuntime() {
  observeProcess(metrics.getMeter('microposts', manifest.version))
  // The package creates its instruments only when it is given a provider.
  new RuntimeNodeInstrumentation().setMeterProvider(metrics.getMeterProvider())
}

/**
 * Replaces @opentelemetry/host-metrics, which is deprecated, loads a library that describes the whole machine, and
 * gives memory no unit.
 * @see https://opentelemetry.io/docs/specs/semconv/system/process-metrics/
 */
function observeProcess(meter: Meter) {
  const options = (name: keyof typeof telemetryMetrics) => instrumentOptions(telemetryMetrics[name])
  const cpuTime = meter.createObservableCounter('process.cpu.time', options('process.cpu.time'))
  const memory = meter.createObservableUpDownCounter('process.memory.usage', options('process.memory.usage'))
  const uptime = meter.createObservableGauge('process.uptime', options('process.uptime'))
  meter.addBatchObservableCallback(
    (result) => {
      const { user, system } = process.cpuUsage()
      result.observe(cpuTime, user / 1e6, { 'cpu.mode': 'user' })
      result.observe(cpuTime, system / 1e6, { 'cpu.mode': 'system' })
      result.observe(memory, process.memoryUsage.rss())
      result.observe(uptime, process.uptime())
    },
    [cpuTime, memory, uptime],
  )
}
