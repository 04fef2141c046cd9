// Metrics of the process and of Node itself: process.*, nodejs.eventloop.*, v8js.*.
import { type Meter, metrics } from '@opentelemetry/api'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import manifest from '../package.json' with { type: 'json' }

/** Needs the global meter provider. */
export function instrumentRuntime() {
  observeProcess(metrics.getMeter('microposts', manifest.version))
  // Makes its instruments only when it is given a provider.
  new RuntimeNodeInstrumentation().setMeterProvider(metrics.getMeterProvider())
}

/**
 * Not by @opentelemetry/host-metrics: it is deprecated, loads a library that describes the whole machine, and gives
 * memory no unit.
 * @see https://opentelemetry.io/docs/specs/semconv/system/process-metrics/
 */
function observeProcess(meter: Meter) {
  const cpuTime = meter.createObservableCounter('process.cpu.time', {
    unit: 's',
    description: 'CPU time of the process.',
  })
  const memoryUsage = meter.createObservableUpDownCounter('process.memory.usage', {
    unit: 'By',
    description: 'Resident memory of the process.',
  })
  const uptime = meter.createObservableGauge('process.uptime', {
    unit: 's',
    description: 'Time since the process started.',
  })
  meter.addBatchObservableCallback(
    (result) => {
      const { user, system } = process.cpuUsage()
      result.observe(cpuTime, user / 1e6, { 'cpu.mode': 'user' })
      result.observe(cpuTime, system / 1e6, { 'cpu.mode': 'system' })
      result.observe(memoryUsage, process.memoryUsage.rss())
      result.observe(uptime, process.uptime())
    },
    [cpuTime, memoryUsage, uptime],
  )
}
